from enum import StrEnum

import pytest
from django.db import models
from pytest_django import DjangoAssertNumQueries

from rdos.kernel.errors import NotFound
from rdos.kernel.lifecycle import BrokenLifecycle, Lifecycle, WrongState
from rdos.kernel.models import JournalCursor


class Mood(StrEnum):
    SLEEPY = "sleepy"
    AWAKE = "awake"
    GONE = "gone"


# A cursor's name stands in for a status: the kernel has no model with one.
MOODS = Lifecycle({Mood.SLEEPY: [Mood.AWAKE], Mood.AWAKE: [Mood.SLEEPY, Mood.GONE]}, terminal=[Mood.GONE], field="name")


@pytest.fixture
def row(db: None) -> JournalCursor:
    return JournalCursor.objects.create(name=Mood.SLEEPY)


def test_a_row_moves_along_an_arrow_and_takes_changes_with_it(row: JournalCursor) -> None:
    MOODS.move(JournalCursor, row.pk, to=Mood.AWAKE, position=models.F("position") + 5)
    row.refresh_from_db()
    assert (row.name, row.position) == ("awake", 5)


def test_a_row_that_is_elsewhere_stays_and_says_where_it_is(row: JournalCursor) -> None:
    with pytest.raises(WrongState) as refusal:
        MOODS.move(JournalCursor, row.pk, to=Mood.GONE, position=9)
    row.refresh_from_db()
    assert (row.name, row.position) == ("sleepy", 0)
    assert refusal.value.present == "sleepy"
    assert refusal.value.detail == "It is sleepy now and cannot become gone."
    assert (refusal.value.status, refusal.value.code) == (409, "wrong_state")


def test_only_one_of_two_moves_wins(row: JournalCursor) -> None:
    assert MOODS.try_move(JournalCursor, row.pk, to=Mood.AWAKE)
    assert not MOODS.try_move(JournalCursor, row.pk, to=Mood.AWAKE)


def test_a_move_may_insist_on_where_it_comes_from(row: JournalCursor) -> None:
    assert not MOODS.try_move(JournalCursor, row.pk, to=Mood.SLEEPY, from_=Mood.AWAKE)
    assert MOODS.try_move(JournalCursor, row.pk, to=Mood.AWAKE, from_=Mood.SLEEPY)


def test_a_narrowed_queryset_narrows_the_move(row: JournalCursor) -> None:
    with pytest.raises(NotFound):
        MOODS.move(JournalCursor.objects.filter(position=7), row.pk, to=Mood.AWAKE)


def test_a_row_that_does_not_exist_is_not_found(db: None) -> None:
    with pytest.raises(NotFound):
        MOODS.move(JournalCursor, 999, to=Mood.AWAKE)


def test_a_move_is_one_statement(row: JournalCursor, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        MOODS.move(JournalCursor, row.pk, to=Mood.AWAKE)


@pytest.mark.parametrize(("to", "from_"), [("unknown", None), ("gone", "sleepy")])
def test_an_arrow_that_was_never_declared_is_a_programming_error(to: str, from_: str | None) -> None:
    with pytest.raises(BrokenLifecycle):
        MOODS.try_move(JournalCursor, 1, to=to, from_=from_)


@pytest.mark.parametrize(
    ("arrows", "terminal", "word"),
    [
        ({"a": ["b"]}, [], "undeclared states: b"),
        ({"a": ["b"], "b": ["a"]}, ["b"], "have arrows out: b"),
        ({"a": ["b"], "b": []}, [], "must be terminal: b"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_when_declared(
    arrows: dict[str, list[str]], terminal: list[str], word: str
) -> None:
    with pytest.raises(BrokenLifecycle, match=word):
        Lifecycle(arrows, terminal=terminal)


def test_the_table_can_be_asked() -> None:
    assert MOODS.states == {"sleepy", "awake", "gone"}
    assert MOODS.sources("gone") == {"awake"}
