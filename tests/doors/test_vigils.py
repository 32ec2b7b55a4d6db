"""The door's side of a wait, asked directly: how many it keeps, and what it does with one too many."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse

from rdos.doors.vigils import Vigils
from rdos.kernel.api.answers import refusal
from rdos.kernel.bells import ring
from rdos.kernel.errors import DomainError
from rdos.kernel.waiting import Question, Wait, WaitingAnswer
from tests.doors.asking import Client


@dataclass
class Story:
    there: bool = False
    looks: list[bool] = field(default_factory=list)
    abandoned: int = 0

    def look(self, over: bool) -> HttpResponse | None:
        self.looks.append(over)
        return HttpResponse(b"over" if over else b"found") if self.there or over else None

    def leave(self) -> None:
        self.abandoned += 1

    def waiting(self, deadline: float = 20) -> WaitingAnswer:
        wait = Wait(topics=["a.b", "a.c"], deadline=deadline, recheck=20, answer=self.look, abandoned=self.leave)
        return WaitingAnswer(HttpRequest(), wait, conclude)


def conclude(question: Question) -> HttpResponse | None:
    try:
        return question()
    except DomainError as error:
        return refusal(error, HttpRequest())


async def until(question: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not question():
            await asyncio.sleep(0.001)


async def test_any_of_its_bells_wakes_it() -> None:
    story, vigils = Story(), Vigils()
    answer = story.waiting()
    task = asyncio.create_task(vigils.keep(answer, Client(pieces=()).receive))
    await until(lambda: story.looks)
    story.there = True
    ring("a.c")
    async with asyncio.timeout(10):
        await task
    assert (answer.content, story.looks, story.abandoned) == (b"found", [False, False], 0)


async def test_one_too_many_is_told_when_to_come_back() -> None:
    vigils, first, second = Vigils(most=1), Story(), Story()
    task = asyncio.create_task(vigils.keep(first.waiting(), Client(pieces=()).receive))
    await until(lambda: first.looks)
    answer = second.waiting()
    await vigils.keep(answer, Client(pieces=()).receive)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"too_many_waiting" in answer.content
    assert (second.looks, second.abandoned) == ([], 1)
    vigils.stop()
    await task


async def test_who_comes_after_the_stop_is_answered_at_once() -> None:
    vigils, story = Vigils(), Story()
    vigils.stop()
    answer = story.waiting()
    await vigils.keep(answer, Client(pieces=()).receive)
    assert (answer.content, story.looks) == (b"over", [False, True])
