"""Somebody in front of a browser."""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from accounts.authentication import LOGIN_IN_SESSION
from accounts.services import logins
from rdos.kernel.sessions import SessionStore
from tests.people import Person

# Tells of every violation of the content policy, from the first byte of every page on.
WATCH_POLICY = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile));
"""


class Visitor:
    """A page that remembers every complaint of the browser."""

    def __init__(self, context: BrowserContext, origin: str, person: Person | None) -> None:
        self.context, self.origin = context, origin
        self.complaints: list[str] = []
        # Answers like a deliberate 403 are no complaint of the page.
        self.expected: tuple[str, ...] = ()
        context.add_init_script(WATCH_POLICY)
        if person:
            context.add_cookies([{"name": "session", "value": session_of(person), "url": origin}])
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(10_000)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def go(self, path: str, *, status: int = 200) -> Page:
        answer = self.page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        if status >= 400:
            self.expected += (f"status of {status}",)
        return self.page

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    def looks_again(self) -> None:
        """As somebody who comes back to the tab: what changes is asked for at once, and not at the next turn."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def is_content(self) -> None:
        unexpected = [said for said in self.complaints if not any(known in said for known in self.expected)]
        assert unexpected == []

    def fits(self) -> None:
        """Nothing sticks out to the right."""
        width = self.page.evaluate("document.scrollingElement.scrollWidth")
        assert width <= self.page.viewport_size["width"], f"{self.page.url} is {width} px wide"  # type: ignore[index]

    def picture(self, name: str) -> None:
        """For looking at while developing: RDOS_PICTURES names a folder outside of the tree."""
        folder = os.environ.get("RDOS_PICTURES")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def session_of(person: Person) -> str:
    """A browser session as the login page opens it, without its limits."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.user.get_session_auth_hash()
    session[LOGIN_IN_SESSION] = str(person.signed_in.login.pk)
    session.create()
    logins.remember_session(login=person.signed_in.login, session_key=str(session.session_key))
    return str(session.session_key)


def at_desk(person: Person) -> Client:
    """For what needs no browser: only the answer."""
    client = Client()
    client.cookies["session"] = session_of(person)
    return client


def until(question: Callable[[], Any], *, seconds: float = 10) -> None:
    deadline = monotonic() + seconds
    while not question():
        assert monotonic() < deadline, "it did not happen in time"
        sleep(0.05)
