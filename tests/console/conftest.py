"""A real Chromium in front of a real hub. Whatever the browser complains about fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.console.browsing import Visitor
from tests.people import Person

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    # Chromium's own sandbox cannot be made by root.
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}

Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One per module: its driver keeps an event loop running in this thread, where other modules want their own."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    assert program, "Chromium is missing: the console's tests need it (on Debian: apt-get install chromium)."
    # Django would take our own queries for those of that loop.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def addresses() -> Iterator[int]:
    return count(1)


@pytest.fixture
def visit(chromium: Browser, live_server: Any, settings: Any, addresses: Iterator[int]) -> Iterator[Visit]:
    """Opens the hub in a fresh browser, signed in as somebody or as nobody."""
    # Each visitor has an address of their own, so that nobody shares anybody's count of tries.
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    contexts: list[BrowserContext] = []

    def open_browser(person: Person | None = None, *, narrow: bool = False, **options: Any) -> Visitor:
        number = next(addresses)
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=NARROW if narrow else WIDE,
            extra_http_headers={"X-Forwarded-For": f"10.1.{number // 250}.{number % 250 + 1}"},
            **options,
        )
        contexts.append(context)
        return Visitor(context, live_server.url, person)

    yield open_browser
    for context in contexts:
        context.close()
