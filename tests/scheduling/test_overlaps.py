"""What a schedule does when its run before is not over yet."""

import pytest

from flows.models import Execution
from scheduling.services import waiting
from tests.people import Person
from tests.scheduling.story import HOUR, MINUTE, MONDAY, fired, schedule_by, tick

pytestmark = pytest.mark.django_db


def statuses() -> list[str]:
    return list(Execution.objects.order_by("created_at").values_list("status", flat=True))


def end_all() -> None:
    Execution.objects.filter(status="queued").update(status="succeeded", completed_at=MONDAY)


def test_allowed_both_run(developer: Person) -> None:
    schedule_by(developer)
    tick(MONDAY + 5 * MINUTE)
    tick(MONDAY + 10 * MINUTE)
    assert statuses() == ["queued", "queued"]


def test_skipped_the_new_one_is_left_out(developer: Person) -> None:
    schedule = schedule_by(developer, overlap="skip")
    tick(MONDAY + 5 * MINUTE)
    tick(MONDAY + 10 * MINUTE)
    end_all()
    tick(MONDAY + 15 * MINUTE)
    assert [outcome for _, _, outcome in fired(schedule)] == ["started", "skipped", "started"]


def test_queued_each_waits_for_the_one_before(developer: Person) -> None:
    schedule = schedule_by(developer, overlap="queue", input={"a": 1})
    for minutes in (5, 10, 15):
        tick(MONDAY + minutes * MINUTE)
    assert [outcome for _, _, outcome in fired(schedule)] == ["started", "waiting", "waiting"]

    assert waiting.release(MONDAY + 16 * MINUTE) == 0
    end_all()
    assert waiting.release(MONDAY + 17 * MINUTE) == 1
    assert [outcome for _, _, outcome in fired(schedule)] == ["started", "started", "waiting"]
    assert statuses() == ["succeeded", "queued"]
    assert Execution.objects.get(status="queued").input == {"a": 1}


def test_cancelled_the_new_one_takes_the_place_of_the_old(developer: Person) -> None:
    schedule_by(developer, overlap="cancel_previous")
    tick(MONDAY + 5 * MINUTE)
    tick(MONDAY + 10 * MINUTE)
    assert statuses() == ["cancelled", "queued"]


@pytest.mark.parametrize(
    ("overlap", "started", "left"), [("skip", 1, "skipped"), ("queue", 1, "waiting"), ("cancel_previous", 1, "skipped")]
)
def test_what_is_made_up_for_at_once_does_not_overlap_either(
    developer: Person, overlap: str, started: int, left: str
) -> None:
    schedule = schedule_by(developer, overlap=overlap, misfire="run_all", cron="0 * * * *", catch_up_seconds=14400)
    tick(MONDAY + 3 * HOUR)
    outcomes = [outcome for _, _, outcome in fired(schedule)]
    assert outcomes.count("started") == started == Execution.objects.count()
    assert outcomes.count(left) == 2
