"""The fast search against somebody who watches the clock: every change of every clock in ten years, and at random."""

import random
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from scheduling.cron import Expression, following, parse, zone
from scheduling.cron.zones import names
from scheduling.errors import InvalidExpression
from tests.scheduling.changes import DAY, FIRST, LAST, Change, changes_of, zones_by_change
from tests.scheduling.expressions import any_expression
from tests.scheduling.watching import Wanted, first_after, moment, watch

MINUTE, HOUR = 60, 3600
THREE_DAYS = 3 * DAY
# Longer than any change of a clock: what was shown before decides what is shown again.
WARM_UP = 6 * HOUR
# Where nothing changes, one in so many due times of a frequent expression is enough.
EVERY_SO_MANY, FREQUENT = 41, 100
EXPRESSIONS = [
    "* * * * *", "*/5 * * * *", "@hourly", "45 */2 * * *", "10-50/20 0-4 * * *", "0 22-3 * * *",
    "0 0 * * *", "59 23 * * *", "15 0,1 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *", "59 1,2,3 * * *",
    "0 9 * * 1-5", "30 2 * * 0", "30 2 * * 7", "0 0 * * SAT-SUN", "30 1 * * SUN#1,1#2", "0 2 * * L0", "15 2 L * *",
    "0 1 1,15 * FRI", "30 2 13 * 0", "15 2 */2 * 0", "15 1 LW,29 * *", "30 2 * MAR,oct SUN",
]  # fmt: skip
READ = [(parse(text), Wanted(text)) for text in EXPRESSIONS]
RANDOM_WINDOWS = 2000


def assert_following(expression: Expression, where: ZoneInfo, after: float, wanted: int | None, end: int) -> None:
    found = following(expression, where, moment(after))
    if wanted is None:
        assert found is None or found > moment(end), f"{expression.text} in {where} after {moment(after)}: {found}"
    else:
        assert found == moment(wanted), f"{expression.text} in {where} after {moment(after)}: {found}"


def assert_chain(expression: Expression, where: ZoneInfo, dues: list[int], change: Change) -> None:
    near = change.size + HOUR
    step = 1 if len(dues) < FREQUENT else EVERY_SO_MANY
    for number, (after, wanted) in enumerate(pairwise(dues)):
        if number % step == 0 or abs(after - change.at) < near:
            assert_following(expression, where, after, wanted, dues[-1])


def moments_around(change: Change) -> list[float]:
    """Before, at and after the change, and inside what is shown twice."""
    at, size = change.at, change.size
    return [
        at - THREE_DAYS, at - size - 1, at - size, at - size // 2, at - 1, at - 0.5,
        at, at + 0.5, at + 1, at + size // 3, at + size - 1, at + size - 0.5, at + size, at + size + HOUR,
    ]  # fmt: skip


@pytest.mark.parametrize("year", range(2020, 2031))
def test_around_every_change_of_every_clock_each_expression_is_due_when_the_watcher_says(year: int) -> None:
    watched = 0
    for (change, *_), (name, *_) in zones_by_change().items():
        if moment(change.at).year == year:
            watched += 1
            first, last = change.at - THREE_DAYS, change.at + THREE_DAYS
            passed = watch(zone(name), first - WARM_UP, last, MINUTE)
            for expression, wanted in READ:
                dues = wanted.dues(passed)
                assert_chain(expression, zone(name), dues, change)
                for after in moments_around(change):
                    assert_following(expression, zone(name), after, first_after(dues, after), last)
    assert watched > 50


def test_zones_with_other_names_for_the_same_changes_answer_alike() -> None:
    expression = parse("*/5 * * * *")
    for (change, *_), alike in zones_by_change().items():
        for after in (change.at - change.size, change.at - 1, change.at, change.at + change.size // 2):
            assert len({following(expression, zone(name), moment(after)) for name in alike}) == 1, alike


def test_every_zone_of_this_machine_was_watched_or_never_changes() -> None:
    watched = {name for alike in zones_by_change().values() for name in alike}
    assert names() >= available_timezones() - {"localtime"}
    assert len(watched) > 200
    assert all(not changes_of(name) for name in names() - watched)


def possible_expression(chance: random.Random) -> str:
    """What is refused never comes; the watcher must agree."""
    while True:
        text = any_expression(chance)
        try:
            parse(text)
        except InvalidExpression:
            assert not any(Wanted(text).has(moment(at).date()) for at in range(FIRST, LAST, DAY)), text
        else:
            return text


def random_moment(chance: random.Random, name: str) -> int:
    """Half of them near a change, where there are any."""
    changes = changes_of(name)
    if changes and chance.random() < 0.5:
        return chance.choice(changes).at + chance.randint(-3 * HOUR, 2 * HOUR) // MINUTE * MINUTE
    return chance.randrange(FIRST, LAST, MINUTE)


def test_at_random_moments_random_expressions_are_due_when_the_watcher_says() -> None:
    chance = random.Random(5)
    known = sorted(names())
    compared = 0
    for _ in range(RANDOM_WINDOWS):
        text, name = possible_expression(chance), chance.choice(known)
        first = random_moment(chance, name)
        step, last = (1, first + 2 * HOUR) if len(text.split()) == 6 else (MINUTE, first + DAY)
        expression, where = parse(text), zone(name)
        dues = Wanted(text).dues(watch(where, first - WARM_UP // 2, last, step))
        expected = [first, *(due for due in dues if due > first)][:50]
        for after, wanted in pairwise(expected):
            assert_following(expression, where, after, wanted, last)
            compared += 1
        if len(expected) < 50:
            assert_following(expression, where, expected[-1], None, last)
    assert compared > 10_000


def test_seconds_are_due_when_the_watcher_says() -> None:
    """Every second around the changes of an hour, of half an hour and of two."""
    for name in ("Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "America/Havana"):
        for change in [one for one in changes_of(name) if moment(one.at).year == 2026]:
            first, last = change.at - 3 * HOUR, change.at + 3 * HOUR
            passed = watch(zone(name), first - WARM_UP, last, 1)
            for text in ("30 2 * * * 15", "*/30 * * * * */20", "0 0-3 * * SUN 59", "59 1 * * * 0,59"):
                dues = Wanted(text).dues(passed)
                for after in [*dues, *moments_around(change)]:
                    if after >= first:
                        assert_following(parse(text), zone(name), after, first_after(dues, after), last)


def test_the_watcher_knows_the_days_that_everybody_knows() -> None:
    """Who watches the watcher: worked out by hand."""
    day = int(datetime(2026, 3, 29, tzinfo=UTC).timestamp())
    passed = watch(ZoneInfo("Europe/Berlin"), day - DAY, day + DAY, MINUTE)
    assert Wanted("30 2 * * *").dues(passed)[-2:] == [day - DAY + 90 * MINUTE, day + 60 * MINUTE]
    assert [day for day in range(1, 32) if Wanted("0 0 13 * 5").has(datetime(2026, 3, day).date())] == [6, 13, 20, 27]
    assert [day for day in range(1, 32) if Wanted("0 0 */2 * 7").has(datetime(2026, 3, day).date())] == [1, 15, 29]
