"""When nothing may start, and what is due instead."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest

from scheduling.calendars import Calendar, Days, Entry, Once, Weekly, Yearly, excluded, following_allowed
from scheduling.cron import following, following_interval, parse, zone
from scheduling.errors import InvalidCalendar

BERLIN = zone("Europe/Berlin")
MOST_TRIES = 100


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def calendar(*entries: Entry) -> Calendar:
    return Calendar(BERLIN, entries)


def cron(text: str) -> Callable[[datetime], datetime | None]:
    return partial(following, parse(text), BERLIN)


CHRISTMAS = Days(date(2026, 12, 24), date(2026, 12, 26), "Christmas")
NEW_YEAR = Yearly(1, 1)
SATURDAY_NIGHT = Weekly(6, time(22), time(2), "backup")
LEAP_DAY = Yearly(2, 29)
DATA_CENTRE = Once(utc("2026-11-25T10:00"), utc("2026-11-25T12:00"))

COVERED = [
    (CHRISTMAS, "2026-12-23T23:59:59", ""),
    (CHRISTMAS, "2026-12-24T00:00", "Christmas"),
    (CHRISTMAS, "2026-12-26T23:59:59.999999", "Christmas"),
    (CHRISTMAS, "2026-12-27T00:00", ""),
    (CHRISTMAS, "2027-12-24T00:00", ""),
    (Days(date(2026, 5, 1), date(2026, 5, 1)), "2026-05-01T12:00", "2026-05-01"),
    (Days(date(2026, 5, 1), date(2026, 5, 2)), "2026-05-02T12:00", "2026-05-01 to 2026-05-02"),
    (NEW_YEAR, "2026-12-31T23:59", ""),
    (NEW_YEAR, "2027-01-01T00:00", "every 1 January"),
    (NEW_YEAR, "2099-01-01T23:59", "every 1 January"),
    (NEW_YEAR, "2027-01-02T00:00", ""),
    (LEAP_DAY, "2028-02-29T12:00", "every 29 February"),
    (LEAP_DAY, "2027-03-01T12:00", ""),
    (SATURDAY_NIGHT, "2026-11-28T21:59:59", ""),
    (SATURDAY_NIGHT, "2026-11-28T22:00", "backup"),
    (SATURDAY_NIGHT, "2026-11-29T01:59:59", "backup"),
    (SATURDAY_NIGHT, "2026-11-29T02:00", ""),
    (SATURDAY_NIGHT, "2026-11-28T01:00", ""),
    (SATURDAY_NIGHT, "2026-11-29T22:30", ""),
    (Weekly(0, time(8), time(9)), "2026-11-29T08:30", "maintenance Sunday 08:00–09:00"),
    (Weekly(7, time(8), time(9)), "2026-11-29T08:30", "maintenance Sunday 08:00–09:00"),
    (Weekly(7, time(8), time(9)), "2026-11-29T09:00", ""),
    # From midnight to midnight is the whole day.
    (Weekly(3, time(), time()), "2026-11-25T00:00", "maintenance Wednesday 00:00–00:00"),
    (Weekly(3, time(), time()), "2026-11-25T23:59", "maintenance Wednesday 00:00–00:00"),
    (Weekly(3, time(), time()), "2026-11-26T00:00", ""),
    # What the wall shows counts, the second time as well.
    (Weekly(0, time(2), time(3)), "2026-10-25T02:30", "maintenance Sunday 02:00–03:00"),
    (DATA_CENTRE, "2026-11-25T10:59", ""),
    (DATA_CENTRE, "2026-11-25T11:00", "maintenance until 2026-11-25 12:00 UTC"),
    (DATA_CENTRE, "2026-11-25T13:00", ""),
]


@pytest.mark.parametrize(("entry", "wall", "reason"), COVERED)
def test_an_entry_covers_its_time_and_says_why(entry: Entry, wall: str, reason: str) -> None:
    assert excluded(calendar(entry), berlin(wall)) == reason
    assert excluded(calendar(entry), berlin(wall).astimezone(UTC)) == reason


def test_an_hour_that_comes_twice_is_covered_twice() -> None:
    window = calendar(Weekly(0, time(2), time(3)))
    assert excluded(window, utc("2026-10-25T00:30")) == excluded(window, utc("2026-10-25T01:30")) != ""


def test_a_window_may_lie_in_the_hour_that_comes_twice() -> None:
    """From 02:30 until it is 02:30 again."""
    begins = berlin("2026-10-25T02:30")
    window = calendar(Once(begins, begins.replace(fold=1), "once more"))
    shown = [berlin(f"2026-10-25T02:{minute}").replace(fold=fold) for fold in (0, 1) for minute in (15, 45)]
    assert [excluded(window, at) for at in shown] == ["", "once more", "once more", ""]


def test_a_day_is_that_of_the_zone_of_the_calendar() -> None:
    day = Days(date(2026, 12, 25), date(2026, 12, 25))
    assert excluded(Calendar(zone("Pacific/Auckland"), (day,)), utc("2026-12-24T12:00")) == "2026-12-25"
    assert excluded(Calendar(zone("America/New_York"), (day,)), utc("2026-12-24T12:00")) == ""


# entries, expression, after, what follows (all by the wall of Berlin)
FOLLOWING = [
    ([], "0 9 * * *", "2026-12-23T10:00", "2026-12-24T09:00"),
    ([CHRISTMAS], "0 9 * * *", "2026-12-23T10:00", "2026-12-27T09:00"),
    ([CHRISTMAS], "0 0 * * *", "2026-12-23T10:00", "2026-12-27T00:00"),
    ([CHRISTMAS], "* * * * * *", "2026-12-23T23:59:59", "2026-12-27T00:00"),
    ([CHRISTMAS, Weekly(0, time(), time())], "0 9 * * *", "2026-12-23T10:00", "2026-12-28T09:00"),
    ([SATURDAY_NIGHT], "*/5 * * * *", "2026-11-28T21:55", "2026-11-29T02:00"),
    # The window ends in the hour that is skipped, and in the hour that comes twice.
    ([SATURDAY_NIGHT], "*/5 * * * *", "2026-03-28T21:55", "2026-03-29T03:00"),
    ([Weekly(0, time(), time(2, 30))], "*/5 * * * *", "2026-10-24T23:55", "2026-10-25T02:30"),
    ([DATA_CENTRE], "0 * * * *", "2026-11-25T10:30", "2026-11-25T13:00"),
    ([NEW_YEAR], "0 0 1 1,2 *", "2026-11-25T10:30", "2027-02-01T00:00"),
]


@pytest.mark.parametrize(("entries", "expression", "after", "expected"), FOLLOWING)
def test_what_is_excluded_is_passed_over(entries: list[Entry], expression: str, after: str, expected: str) -> None:
    found = following_allowed(cron(expression), [calendar(*entries)], berlin(after), MOST_TRIES)
    assert found == berlin(expected).astimezone(UTC)


def test_each_of_several_calendars_counts() -> None:
    calendars = [calendar(CHRISTMAS), calendar(Days(date(2026, 12, 27), date(2026, 12, 31))), calendar(NEW_YEAR)]
    found = following_allowed(cron("0 9 * * *"), calendars, berlin("2026-12-23T10:00"), MOST_TRIES)
    assert found == berlin("2027-01-02T09:00")


def test_an_interval_keeps_its_step_behind_what_is_excluded() -> None:
    next_of = partial(following_interval, timedelta(minutes=7), utc("2026-11-25T09:55"))
    found = following_allowed(next_of, [calendar(DATA_CENTRE)], utc("2026-11-25T09:56"), MOST_TRIES)
    assert found == utc("2026-11-25T12:01")


def test_what_is_wholly_excluded_never_comes_and_is_given_up_soon() -> None:
    asked = []

    def next_of(after: datetime) -> datetime | None:
        asked.append(after)
        return cron("* * * * *")(after)

    always = calendar(*(Weekly(day, time(), time()) for day in range(7)))
    assert following_allowed(next_of, [always], berlin("2026-11-25T10:00"), MOST_TRIES) is None
    assert len(asked) == MOST_TRIES
    assert asked == sorted(set(asked))


def test_even_the_hour_that_comes_twice_is_left_again() -> None:
    """By the wall the window ends at 02:30, which at 02:10 of the second time has been already."""
    window = calendar(Weekly(0, time(), time(2, 30)))
    every = partial(following_interval, timedelta(minutes=10), utc("2026-10-25T00:00"))
    assert following_allowed(every, [window], utc("2026-10-25T00:55"), MOST_TRIES) == utc("2026-10-25T01:30")


def test_what_has_no_further_time_has_none_with_a_calendar() -> None:
    assert following_allowed(lambda after: None, [calendar(CHRISTMAS)], utc("2026-11-25T10:00"), MOST_TRIES) is None


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Days(date(2026, 12, 26), date(2026, 12, 24)), "before they begin"),
        (lambda: Yearly(2, 30), "No year has a day 02-30"),
        (lambda: Yearly(13, 1), "No year has a day 13-01"),
        (lambda: Weekly(8, time(8), time(9)), "A weekday is 0–7"),
        (lambda: Weekly(-1, time(8), time(9)), "A weekday is 0–7"),
        (lambda: Once(utc("2026-11-25T10:00"), utc("2026-11-25T10:00")), "ends before it begins"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(make: Callable[[], Entry], named: str) -> None:
    with pytest.raises(InvalidCalendar, match=named):
        make()
