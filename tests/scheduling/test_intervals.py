"""Every so often in real time, whatever the clocks do; and who of many begins when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from scheduling.cron import following_interval, spread, zone
from scheduling.errors import InvalidInterval, InvalidJitter

ANCHOR = datetime(2026, 3, 28, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
TRIGGER = UUID("2b1f3c52-9a4e-4a9d-8f5c-0d8f3f0c9a11")


@pytest.mark.parametrize(
    ("every", "after", "expected"),
    [
        (HOUR, ANCHOR, ANCHOR + HOUR),
        (HOUR, ANCHOR + HOUR, ANCHOR + 2 * HOUR),
        (HOUR, ANCHOR + HOUR - timedelta(microseconds=1), ANCHOR + HOUR),
        (HOUR, ANCHOR + 1.5 * HOUR, ANCHOR + 2 * HOUR),
        # It begins with the anchor.
        (HOUR, ANCHOR - timedelta(microseconds=1), ANCHOR),
        (HOUR, ANCHOR - timedelta(days=400), ANCHOR),
        (7 * SECOND, ANCHOR + timedelta(days=3650), ANCHOR + 45051429 * 7 * SECOND),
    ],
)
def test_an_interval_is_due_at_whole_multiples_from_its_anchor(
    every: timedelta, after: datetime, expected: datetime
) -> None:
    assert following_interval(every, ANCHOR, after) == expected


def test_a_day_is_24_hours_also_when_the_clock_is_changed() -> None:
    berlin = zone("Europe/Berlin")
    found = following_interval(24 * HOUR, ANCHOR.astimezone(berlin), ANCHOR.astimezone(berlin))
    assert found == ANCHOR + 24 * HOUR
    assert found.astimezone(berlin).hour == ANCHOR.astimezone(berlin).hour + 1


@pytest.mark.parametrize("every", [timedelta(0), -SECOND])
def test_an_interval_of_nothing_is_refused(every: timedelta) -> None:
    with pytest.raises(InvalidInterval):
        following_interval(every, ANCHOR, ANCHOR)


def test_whoever_asks_is_told_the_same_delay() -> None:
    delay = spread(TRIGGER, ANCHOR, HOUR)
    assert delay == spread(TRIGGER, ANCHOR.astimezone(zone("Asia/Tokyo")), HOUR)
    # As written down once: another process, version or machine must not start it again at another time.
    assert delay == timedelta(microseconds=2_421_432_093)
    assert len({delay, spread(TRIGGER, ANCHOR + HOUR, HOUR), spread(uuid4(), ANCHOR, HOUR)}) == 3


def test_many_that_are_due_at_once_are_spread_evenly_and_below_the_jitter() -> None:
    delays = [spread(UUID(int=number), ANCHOR, 10 * SECOND) for number in range(10_000)]
    assert min(delays) >= timedelta(0)
    assert max(delays) < 10 * SECOND
    in_each = [sum(second * SECOND <= delay < (second + 1) * SECOND for delay in delays) for second in range(10)]
    assert min(in_each) > 850


def test_without_jitter_nothing_is_delayed_and_a_negative_one_is_refused() -> None:
    assert spread(TRIGGER, ANCHOR, timedelta(0)) == timedelta(0)
    assert spread(TRIGGER, ANCHOR, timedelta(microseconds=1)) == timedelta(0)
    with pytest.raises(InvalidJitter):
        spread(TRIGGER, ANCHOR, -SECOND)
