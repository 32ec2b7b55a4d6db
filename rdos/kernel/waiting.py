"""A waiting door: a view that has committed says what it waits for, and no thread waits with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from time import monotonic

import structlog
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from rdos.kernel.bells import exchange
from rdos.kernel.errors import DomainError, Unavailable
from rdos.kernel.requests import request_id

# In a request's environ: the door in front knows how to wait.
WAITS = "rdos.waits"
# How often a thread looks that has to wait by itself.
POLL_SECONDS = 0.05

Question = Callable[[], HttpResponse | None]
# Turns what a question gives, or raises, into an answer that is ready to be sent.
Conclude = Callable[[Question], HttpResponse | None]


class TooManyWaiting(Unavailable):
    """Too many requests are waiting for an answer."""

    code = "too_many_waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a view returns instead of an answer.

    `answer(over)` runs in a thread, outside any transaction. None means "not yet", and is no answer once it is over;
    a refusal that it raises is worded as if the view had raised it.
    """

    topics: Sequence[str]
    # Seconds from now.
    deadline: float
    answer: Callable[[bool], HttpResponse | None]
    # One of those who wait is enough to answer a bell: it wakes them one after another, and not all at once.
    in_turn: bool = False
    # It is asked this often without any bell, because a bell may be lost.
    recheck: float = 1.0
    # The client has left: nobody hears the answer, even if there is one by now.
    abandoned: Callable[[], object] | None = None


class WaitingAnswer(HttpResponse):
    """Holds an answer's place on the way through the middleware, and becomes the answer afterwards."""

    def __init__(self, request: HttpRequest, wait: Wait, conclude: Conclude) -> None:
        super().__init__(content_type="application/json")
        self.wait = wait
        self.settled = False
        self._request = request
        self._conclude = conclude
        self._on_settled: list[Callable[[], object]] = []

    def when_settled(self, tell: Callable[[], object]) -> None:
        if self.settled:
            tell()
        else:
            self._on_settled.append(tell)

    def ask(self, *, over: bool) -> bool:
        """Looks once for the answer; true when there is one."""
        return self._settle(partial(_asked, self.wait, over))

    def refuse(self, error: DomainError) -> None:
        self._settle(partial(_refused, error))

    def wait_here(self) -> None:
        """Holds this thread, because no door in front could wait instead."""
        bell, ends, over = Event(), monotonic() + self.wait.deadline, False
        with exchange().waking(self.wait.topics, bell):
            while not self.ask(over=over):
                bell.wait(min(POLL_SECONDS, max(0.0, ends - monotonic())))
                bell.clear()
                over = monotonic() >= ends

    def all_headers(self) -> list[tuple[str, str]]:
        return [*self.items(), *(("Set-Cookie", cookie.output(header="")) for cookie in self.cookies.values())]

    def _settle(self, question: Question) -> bool:
        # The thread that asks is another than the view's; its log lines belong to the same request.
        structlog.contextvars.bind_contextvars(request_id=request_id(self._request))
        try:
            final = self._conclude(question)
        except Exception as error:  # The edge of a view: what is no refusal becomes the same 500 as anywhere.
            final = response_for_exception(self._request, error)
        if final is None:
            return False
        self._become(final)
        for tell in self._on_settled:
            tell()
        return True

    def _become(self, final: HttpResponse) -> None:
        self.status_code = final.status_code
        self.content = final.content
        if "Content-Type" not in final:
            del self["Content-Type"]
        for name, value in final.items():
            if name.lower() == "vary":
                patch_vary_headers(self, [part.strip() for part in value.split(",")])
            else:
                self[name] = value
        self["Content-Length"] = str(len(self.content))
        self.cookies.update(final.cookies)
        self.settled = True


def _asked(wait: Wait, over: bool) -> HttpResponse | None:
    response = wait.answer(over)
    if over and response is None:
        raise AssertionError("A wait that is over must be answered.")
    return response


def _refused(error: DomainError) -> HttpResponse:
    raise error
