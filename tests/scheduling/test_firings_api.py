"""What schedules did: made up for by hand, and told by the log."""

from typing import Any

import pytest

from flows.models import Execution, Flow
from scheduling.models import Firing
from tests.flows.story import flow_that_runs
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
SCHEDULES = "/api/v1/schedules"


@pytest.fixture
def flow(db: None) -> Flow:
    return flow_that_runs()


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def made(caller: Caller, flow: Flow, cron: str = "0 9 * * *") -> str:
    said = {"workflow_id": str(flow.pk), "schedule_name": "Daily Report", "cron_expression": cron}
    pk: str = caller.post(SCHEDULES, said).json()["schedule_id"]
    return pk


def test_a_period_is_made_up_for_once(dana: Caller, operator: Person, flow: Flow) -> None:
    pk = made(dana, flow, "0 * * * *")
    period = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T05:30:00Z"}
    assert operator.caller.post(f"{SCHEDULES}/{pk}/backfill", period).status_code == 403
    told = dana.post(f"{SCHEDULES}/{pk}/backfill", period).json()
    assert (told["runs"], len(told["execution_ids"])) == (6, 6)
    assert {str(row.pk) for row in Execution.objects.all()} == set(told["execution_ids"])
    assert dana.post(f"{SCHEDULES}/{pk}/backfill", period).json() == {"runs": 0, "execution_ids": []}
    rows = dana.get(f"{SCHEDULES}/{pk}/firings?limit=100").json()
    assert {row["source"] for row in rows} == {"backfill"}
    assert sorted(row["due_at"] for row in rows)[0] == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"since": "2026-03-01T00:00:00Z"}, "until"),
        ({"since": "x", "until": "2026-03-01T00:00:00Z"}, "since"),
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "since"),
        ({"since": "2026-03-02T00:00:00Z", "until": "2190-03-01T00:00:00Z"}, "until"),
        ({"since": "0001-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "since"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(dana: Caller, flow: Flow, said: Any, field: str) -> None:
    pk = made(dana, flow)
    response = dana.post(f"{SCHEDULES}/{pk}/backfill", said)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_too_long_a_period_is_made_up_for_in_parts(dana: Caller, flow: Flow) -> None:
    pk = made(dana, flow, "* * * * *")
    response = dana.post(
        f"{SCHEDULES}/{pk}/backfill", {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
    )
    assert (response.status_code, "in parts" in response.json()["detail"]) == (400, True)


def test_the_log_is_read_by_what_came_of_it(dana: Caller, flow: Flow) -> None:
    first, second = made(dana, flow), made(dana, flow_that_runs("Other"))
    for pk in (first, second, first):
        dana.post(f"{SCHEDULES}/{pk}/run")
    Firing.objects.filter(trigger_id=second).update(outcome="skipped", reason="Stopped.")
    log = dana.get("/api/v1/firings").json()
    assert [row["trigger_id"] for row in log] == [first, second, first]
    assert (log[0]["trigger_name"], log[0]["flow_name"], log[0]["source"]) == ("Daily Report", flow.name, "hand")
    wanted = {
        f"trigger_id={second}": 1, f"flow_id={flow.pk}": 2, "outcome=skipped": 1, "source=hand": 3, "source=clock": 0,
        f"outcome=started&flow_id={flow.pk}": 2, "since=2190-01-01T00:00:00Z": 0, "until=2190-01-01T00:00:00Z": 3,
    }  # fmt: skip
    for query, many in wanted.items():
        assert len(dana.get(f"/api/v1/firings?{query}").json()) == many, query
    page = dana.get("/api/v1/firings?limit=2")
    rest = dana.get(page["Link"].split(">")[0].removeprefix("<http://testserver")).json()
    assert [*page.json(), *rest] == log
    for query in ("outcome=maybe", "source=maybe", "flow_id=7", "since=x", "cursor=x", "limit=0"):
        assert dana.get(f"/api/v1/firings?{query}").status_code == 400
