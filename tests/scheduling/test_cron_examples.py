"""The days that people ask about, worked out by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduling.cron import between, following, parse, zone

YEAR = timedelta(days=366)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dues(expression: str, name: str, after: str, most: int) -> list[str]:
    """Each as the clock there shows it, with its offset and its mark."""
    found = between(parse(expression), zone(name), utc(after), utc(after) + 10 * YEAR, most)
    return [f"{due.wall.isoformat(' ', 'minutes')} {due.mark}".rstrip() for due in found]


# expression, zone, after (UTC), what follows
CHANGES = [
    # Berlin goes from 02:00 to 03:00, and in autumn from 03:00 back to 02:00.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29 03:00+02:00 gap", "2026-03-30 02:30+02:00"]),
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25 02:30+02:00 fold", "2026-10-26 02:30+01:00"]),
    ("30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29 03:00+02:00 gap", "2026-03-29 03:30+02:00"]),
    # 02:00, 02:15 … 03:00 are one instant.
    ("*/15 2-3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29 03:00+02:00 gap", "2026-03-29 03:15+02:00"]),
    # The hour that comes twice is due once, however often the expression is.
    ("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:10", ["2026-10-25 02:30+02:00 fold", "2026-10-25 03:00+01:00"]),
    ("*/30 * * * *", "Europe/Berlin", "2026-10-25T01:10", ["2026-10-25 03:00+01:00", "2026-10-25 03:30+01:00"]),
    ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["2026-03-08 03:00-04:00 gap", "2026-03-09 02:30-04:00"]),
    ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ["2026-11-01 01:30-04:00 fold", "2026-11-02 01:30-05:00"]),
    # Half an hour: from 02:00 to 02:30, and from 02:00 back to 01:30.
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", ["2026-10-04 02:30+11:00 gap", "2026-10-05 02:15+11:00"]),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04", ["2026-04-05 01:45+11:00 fold", "2026-04-06 01:45+10:30"]),
    ("15 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", ["2026-04-05 01:15+11:00", "2026-04-06 01:15+10:30"]),
    # Two hours: from 01:00 to 03:00, and from 03:00 back to 01:00.
    ("30 1 * * *", "Antarctica/Troll", "2026-03-28T12:00", ["2026-03-29 03:00+02:00 gap", "2026-03-30 01:30+02:00"]),
    ("0 2 * * *", "Antarctica/Troll", "2026-10-24T12:00", ["2026-10-25 02:00+02:00 fold", "2026-10-26 02:00+00:00"]),
    # For Ramadan the clock goes back, and forward again after it.
    ("30 2 * * *", "Africa/Casablanca", "2026-02-14T12:00", ["2026-02-15 02:30+01:00 fold", "2026-02-16 02:30+00:00"]),
    ("30 2 * * *", "Africa/Casablanca", "2026-03-21T12:00", ["2026-03-22 03:00+01:00 gap", "2026-03-23 02:30+01:00"]),
    # From 02:45 to 03:45, and from 03:45 back to 02:45.
    ("0 3 * * *", "Pacific/Chatham", "2026-09-26T00:00", ["2026-09-27 03:45+13:45 gap", "2026-09-28 03:00+13:45"]),
    ("0 3 * * *", "Pacific/Chatham", "2026-04-04T00:00", ["2026-04-05 03:00+13:45 fold", "2026-04-06 03:00+12:45"]),
    # A whole day that never was: what was due on it is due when the next one begins.
    ("0 9 * * *", "Pacific/Apia", "2011-12-30T00:00", ["2011-12-31 00:00+14:00 gap", "2011-12-31 09:00+14:00"]),
    # The clock is changed at midnight, so that this day begins at one.
    ("0 0 * * *", "Asia/Beirut", "2026-03-28T12:00", ["2026-03-29 01:00+03:00 gap", "2026-03-30 00:00+03:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "name", "after", "expected"), CHANGES)
def test_where_a_clock_is_changed_everything_is_due_once(
    expression: str, name: str, after: str, expected: list[str]
) -> None:
    assert dues(expression, name, after, most=2) == expected


# expression, after, what follows (UTC)
CALENDAR = [
    ("0 9 * * 1-5", "2026-11-27T09:00", "2026-11-30T09:00"),  # from Friday to Monday
    ("0 9 * * 1-5", "2026-11-27T08:59", "2026-11-27T09:00"),
    ("0 9 * * MON-fri", "2026-11-27T09:00", "2026-11-30T09:00"),
    ("0 9 * * 0", "2026-11-25T00:00", "2026-11-29T09:00"),
    ("0 9 * * 7", "2026-11-25T00:00", "2026-11-29T09:00"),
    ("0 9 * * Sat-Sun", "2026-11-28T09:00", "2026-11-29T09:00"),
    ("0 9 * * 6-0", "2026-11-28T09:00", "2026-11-29T09:00"),
    ("0 22-1 * * *", "2026-11-25T23:00", "2026-11-26T00:00"),
    ("0 0 29 2 *", "2026-11-25T00:00", "2028-02-29T00:00"),
    ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),  # 2100 is no leap year
    ("0 0 L * *", "2027-02-01T00:00", "2027-02-28T00:00"),
    ("0 0 L * *", "2028-02-01T00:00", "2028-02-29T00:00"),
    ("0 0 LW * *", "2027-02-01T00:00", "2027-02-26T00:00"),
    ("0 0 * * 1#1", "2026-11-25T00:00", "2026-12-07T00:00"),
    ("0 0 * * MON#1", "2026-11-25T00:00", "2026-12-07T00:00"),
    ("0 0 * * L5", "2026-11-01T00:00", "2026-11-27T00:00"),
    ("0 0 * * 5L", "2026-11-01T00:00", "2026-11-27T00:00"),
    ("0 0 * * LFRI", "2026-11-01T00:00", "2026-11-27T00:00"),
    # The 13th, or a Friday; with a star both must fit.
    ("0 0 13 * 5", "2026-11-07T00:00", "2026-11-13T00:00"),
    ("0 0 13 * 5", "2026-11-13T00:00", "2026-11-20T00:00"),
    ("0 0 30 2 1", "2027-01-29T00:00", "2027-02-01T00:00"),
    ("0 0 */2 * 1", "2026-11-25T00:00", "2026-12-07T00:00"),
    ("* * * * *", "2026-11-25T10:00:30", "2026-11-25T10:01"),
    ("* * * * *", "2026-11-25T10:00:00.000001", "2026-11-25T10:01"),
    ("* * * * *", "2026-11-25T09:59:59.999999", "2026-11-25T10:00"),
    ("30 9 * * * 15", "2026-11-25T00:00", "2026-11-25T09:30:15"),
    ("* * * * * */20", "2026-11-25T00:00:20", "2026-11-25T00:00:40"),
    ("0 9 5-5/2 * *", "2026-11-25T00:00", "2026-12-05T09:00"),
    ("*/90 * * * *", "2026-11-25T00:00", "2026-11-25T01:00"),
    ("@hourly", "2026-11-25T10:00", "2026-11-25T11:00"),
    ("@Daily", "2026-11-25T10:00", "2026-11-26T00:00"),
    ("@midnight", "2026-11-25T10:00", "2026-11-26T00:00"),
    ("@weekly", "2026-11-25T10:00", "2026-11-29T00:00"),
    ("@monthly", "2026-11-25T10:00", "2026-12-01T00:00"),
    ("@yearly", "2026-11-25T10:00", "2027-01-01T00:00"),
    ("  @annually ", "2026-11-25T10:00", "2027-01-01T00:00"),
]


@pytest.mark.parametrize(("expression", "after", "expected"), CALENDAR)
def test_an_expression_means_what_cron_means_by_it(expression: str, after: str, expected: str) -> None:
    assert following(parse(expression), zone("UTC"), utc(after)) == utc(expected)


def test_the_moment_may_be_given_in_any_zone() -> None:
    for name in ("UTC", "Europe/Berlin", "Asia/Tokyo"):
        for after in (utc("2026-10-25T00:45"), utc("2026-10-25T01:45")):
            found = following(parse("50 2 * * *"), zone("Europe/Berlin"), after.astimezone(zone(name)))
            assert found == following(parse("50 2 * * *"), zone("Europe/Berlin"), after)
            assert found and found.tzinfo is UTC


def test_between_ends_with_its_end_or_when_there_are_enough() -> None:
    begin, end = utc("2026-11-25T10:00"), utc("2026-11-25T13:00")
    found = [due.at.hour for due in between(parse("@hourly"), zone("UTC"), begin, end, most=10)]
    assert found == [11, 12, 13]
    assert len(list(between(parse("@hourly"), zone("UTC"), begin, end, most=2))) == 2


@pytest.mark.parametrize("name", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_nothing_follows_when_time_as_computers_know_it_ends(name: str) -> None:
    assert following(parse("@hourly"), zone(name), utc("9999-12-31T23:30")) is None
    assert following(parse("@yearly"), zone(name), utc("9999-12-31T23:59:59.999999")) is None
