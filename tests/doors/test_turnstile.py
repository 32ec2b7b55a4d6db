"""Who is woken by a bell that one of many may answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from rdos.doors.turnstile import Turnstile
from rdos.kernel.bells import exchange, ring

TOPIC = "work.any"


@dataclass(eq=False)
class Person:
    name: str
    woken: list[str] = field(repr=False)

    def wake(self) -> None:
        self.woken.append(self.name)


@dataclass
class Hall:
    turnstile: Turnstile
    woken: list[str]
    people: dict[str, Person]

    def ring(self, text: str) -> list[str]:
        """Who is woken by it at once."""
        self.woken.clear()
        ring(TOPIC, text, everywhere=False)
        exchange()._hear()
        return list(self.woken)

    def fails(self, name: str) -> list[str]:
        self.woken.clear()
        self.turnstile.found_nothing(self.people[name])
        return list(self.woken)

    def goes(self, name: str, *, served: bool) -> list[str]:
        self.woken.clear()
        self.turnstile.leave(self.people[name], served=served)
        return list(self.woken)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    woken: list[str] = []
    people = {name: Person(name, woken) for name in ("ann", "ben", "cid", "dot")}
    turnstile = Turnstile(TOPIC)
    for person in people.values():
        turnstile.enter(person)
    yield Hall(turnstile, woken, people)
    await exchange().stop()


async def test_one_piece_of_work_wakes_who_came_first(hall: Hall) -> None:
    assert hall.ring("1") == ["ann"]
    assert hall.goes("ann", served=True) == []


async def test_so_many_pieces_wake_so_many(hall: Hall) -> None:
    assert hall.ring("3") == ["ann", "ben", "cid"]


async def test_more_work_than_people_wakes_everybody_once(hall: Hall) -> None:
    assert hall.ring("5000") == ["ann", "ben", "cid", "dot"]


async def test_a_bell_without_a_number_is_for_everybody(hall: Hall) -> None:
    assert hall.ring("") == ["ann", "ben", "cid", "dot"]


async def test_whoever_finds_nothing_wakes_the_next_until_everybody_has_looked(hall: Hall) -> None:
    hall.ring("1")
    assert [hall.fails(name) for name in ("ann", "ben", "cid", "dot")] == [["ben"], ["cid"], ["dot"], []]


async def test_whoever_goes_unserved_hands_its_turn_on(hall: Hall) -> None:
    hall.ring("1")
    assert hall.goes("ann", served=False) == ["ben"]


async def test_a_second_bell_reaches_somebody_else_and_who_looks_already_looks_again(hall: Hall) -> None:
    hall.ring("1")
    assert hall.ring("1") == ["ann", "ben"]
    assert hall.fails("ann") == ["ben", "cid"]


async def test_a_look_without_a_turn_passes_nothing_on(hall: Hall) -> None:
    assert hall.fails("ann") == []
    assert hall.goes("ann", served=False) == []
    assert hall.ring("1") == ["ben"]
