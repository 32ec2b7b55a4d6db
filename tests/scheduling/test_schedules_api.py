"""Schedules as the clients of Casare's seed make, list, switch and remove them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from flows.models import Execution, Flow
from scheduling.models import Firing, Schedule, Trigger
from tests.flows.story import flow_that_runs
from tests.people import Caller, MakePerson, Person
from tests.scheduling.story import schedule_by, trigger_by

pytestmark = pytest.mark.django_db
SCHEDULES = "/api/v1/schedules"
SEED = {
    *("schedule_id", "workflow_id", "schedule_name", "cron_expression", "enabled", "priority", "execution_mode"),
    *("next_run", "last_run", "run_count", "failure_count", "created_at", "updated_at"),
}
DASHBOARD = {"name", "timezone", "next_run_at", "last_run_at", "input"}
PREFIXES = ["", "/casare"]


@pytest.fixture
def flow(db: None) -> Flow:
    return flow_that_runs(environment="lan")


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def create(caller: Caller, flow: Flow, prefix: str = "", **said: Any) -> Any:
    whole = {"workflow_id": str(flow.pk), "schedule_name": "Daily Report", "cron_expression": "0 9 * * 1-5", **said}
    return caller.post(prefix + SCHEDULES, {name: value for name, value in whole.items() if value is not ...})


def made(caller: Caller, flow: Flow, **said: Any) -> dict[str, Any]:
    response = create(caller, flow, **said)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_schedule_is_made_as_the_seed_says(dana: Caller, flow: Flow, prefix: str) -> None:
    response = create(dana, flow, prefix, enabled=True, priority=3, execution_mode="internet", metadata={"a": 1})
    assert response.status_code == 200, response.content
    told = response.json()
    assert set(told) >= SEED | DASHBOARD and "metadata" not in told
    assert (told["workflow_id"], told["schedule_name"], told["name"]) == (str(flow.pk), "Daily Report", "Daily Report")
    assert (told["cron_expression"], told["timezone"], told["enabled"]) == ("0 9 * * 1-5", "UTC", True)
    assert (told["priority"], told["execution_mode"]) == (3, "internet")
    assert (told["last_run"], told["run_count"], told["failure_count"]) == (None, 0, 0)
    next_run = datetime.fromisoformat(told["next_run"])
    assert (next_run.hour, next_run.minute, next_run.isoweekday() <= 5) == (9, 0, True)
    assert told["next_run"].endswith("Z") and told["next_run_at"] == told["next_run"]
    assert dana.get(f"{prefix}{SCHEDULES}/{told['schedule_id']}").json() == told
    assert Trigger.objects.get().metadata == {"a": 1}


def test_what_is_not_said_is_as_the_seed_has_it(dana: Caller, flow: Flow) -> None:
    told = made(dana, flow)
    assert (told["enabled"], told["priority"], told["execution_mode"]) == (True, 10, "lan")


def test_the_dashboard_says_name_and_more(dana: Caller, flow: Flow) -> None:
    more = {"tenant_id": "t", "workspace_id": "w", "name": "Nightly", "timezone": "Europe/Berlin", "input": {"a": [1]}}
    told = made(dana, flow, schedule_name=..., **more)
    assert (told["schedule_name"], told["timezone"], told["input"]) == ("Nightly", "Europe/Berlin", {"a": [1]})


def test_one_made_switched_off_has_no_next_run(dana: Caller, flow: Flow) -> None:
    assert made(dana, flow, enabled=False)["next_run"] is None


def test_all_that_a_schedule_can_be_told(dana: Caller, flow: Flow) -> None:
    calendar = dana.post("/api/v1/calendars", {"name": "Holidays", "days": ["12-25"]}).json()["id"]
    said = {
        "timing": "interval", "every_seconds": 90, "anchor": "2026-01-01T00:00:00Z", "timezone": "Asia/Tokyo",
        "misfire": "run_all", "catch_up_seconds": 7200, "overlap": "queue", "jitter_seconds": 10,
        "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2199-01-01T00:00:00Z", "calendars": [calendar],
        "pause_after_failures": 5, "input": "text", "priority": None, "environment": "hall-7",
    }  # fmt: skip
    told = made(dana, flow, cron_expression=..., **said)
    kept = {name: told[name] for name in said if name != "priority"}
    assert kept == {name: value for name, value in said.items() if name != "priority"}
    assert (told["priority"], told["execution_mode"], told["cron_expression"]) == (flow.priority, "hall-7", "")


@pytest.mark.parametrize(
    ("said", "timing"),
    [
        ({"cron_expression": "@daily"}, "cron"),
        ({"cron_expression": "", "every_seconds": 60}, "interval"),
        ({"cron_expression": None, "anchor": "2190-01-01T00:00:00Z"}, "once"),
    ],
)
def test_the_timing_is_plain_from_what_is_said(dana: Caller, flow: Flow, said: Any, timing: str) -> None:
    assert made(dana, flow, **said)["timing"] == timing


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"cron_expression": "0 0 31 2 *"}, "cron_expression", "no such day ever comes"),
    ({"cron_expression": "0 0 9 ? * MON-FRI"}, "cron_expression", "the seconds come last"),
    ({"cron_expression": "1 2 3 4 5 6 7"}, "cron_expression", "five fields"),
    ({"cron_expression": "nonsense"}, "cron_expression", "five fields"),
    ({"cron_expression": "* * * * 8"}, "cron_expression", "weekday"),
    ({"cron_expression": "* " * 150}, "cron_expression", "200"),
    ({"cron_expression": ""}, "cron_expression", "required"),
    ({"cron_expression": ...}, "cron_expression", "required"),
    ({"timezone": "Mars/Olympus"}, "timezone", "Mars/Olympus"),
    ({"timezone": "europe/berlin"}, "timezone", 'did you mean "Europe/Berlin"'),
    ({"timezone": "../etc/passwd"}, "timezone", "not known"),
    ({"jitter_seconds": -1}, "jitter_seconds", "0"),
    ({"timing": "interval", "every_seconds": 0}, "every_seconds", "1"),
    ({"timing": "interval"}, "every_seconds", "at least one second"),
    ({"timing": "once"}, "anchor", "which moment"),
    ({"anchor": "9999-12-31T23:59:59Z"}, "anchor", "2200"),
    ({"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, "ends_at", "before it begins"),
    ({"misfire": "maybe"}, "misfire", "maybe"),
    ({"overlap": "maybe"}, "overlap", "maybe"),
    ({"calendars": [str(uuid4())]}, "calendars", "no such calendar"),
    ({"schedule_name": ""}, "schedule_name", "blank"),
    ({"schedule_name": ...}, "schedule_name", "required"),
    ({"schedule_name": "x" * 256}, "schedule_name", "255"),
    ({"priority": 21}, "priority", "20"),
    ({"priority": -1}, "priority", "0"),
    ({"execution_mode": "wan"}, "execution_mode", "wan"),
    ({"metadata": "x"}, "metadata", "dict"),
    ({"enabled": "maybe"}, "enabled", "boolean"),
    ({"workflow_id": "7"}, "workflow_id", "Invalid workflow_id format. Expected UUID."),
]


@pytest.mark.parametrize(("said", "field", "words"), BAD)
def test_bad_input_is_refused_by_its_field(dana: Caller, flow: Flow, said: Any, field: str, words: str) -> None:
    response = create(dana, flow, **said)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert words in response.json()["errors"][field][0]
    assert words in create(dana, flow, "/casare", **said).json()["detail"]
    assert not Schedule.objects.exists()


def test_a_schedule_that_would_never_be_due_is_refused(dana: Caller, flow: Flow) -> None:
    response = create(dana, flow, cron_expression=..., timing="once", anchor="2020-01-01T00:00:00Z")
    assert (response.status_code, response.json()["code"]) == (400, "never_due")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_workflow_that_is_not_there_is_named(dana: Caller, flow: Flow, prefix: str, make_person: MakePerson) -> None:
    foreign = flow_that_runs(access="private", owner=make_person("bob", "developer").user)
    for pk in (uuid4(), foreign.pk):
        response = create(dana, flow, prefix, workflow_id=str(pk))
        assert (response.status_code, response.json()["detail"]) == (404, f"Workflow not found: {pk}")


# --- Listed


def test_the_list_is_an_array_and_an_object_for_dashboards(dana: Caller, flow: Flow) -> None:
    ids = [made(dana, flow, schedule_name=f"S{number}")["schedule_id"] for number in range(3)][::-1]
    plain = dana.get(SCHEDULES).json()
    assert [row["schedule_id"] for row in plain] == ids
    marked = dana.get(SCHEDULES, CONTENT_TYPE="application/json").json()
    assert marked == {"schedules": plain, "total": 3}
    paged = dana.get(f"{SCHEDULES}?limit=1&offset=1").json()
    assert (paged["schedules"], paged["total"]) == ([plain[1]], 3)
    assert dana.get(f"/casare{SCHEDULES}").json() == plain


def test_filters_combine(dana: Caller, flow: Flow) -> None:
    other = flow_that_runs("Other")
    first, second = made(dana, flow)["schedule_id"], made(dana, flow, enabled=False)["schedule_id"]
    third = made(dana, other)["schedule_id"]
    wanted = {
        f"workflow_id={flow.pk}": [second, first],
        "enabled=true": [third, first],
        "enabled=false": [second],
        f"workflow_id={flow.pk}&enabled=true": [first],
        f"workflow_id={uuid4()}": [],
        "limit=1": [third],
    }
    for query, ids in wanted.items():
        assert [row["schedule_id"] for row in dana.get(f"{SCHEDULES}?{query}").json()] == ids, query


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("workflow_id=7", "workflow_id"), ("enabled=x", "enabled"),
     ("offset=-1", "offset")],
)  # fmt: skip
def test_a_bad_query_is_refused_by_name(dana: Caller, query: str, field: str) -> None:
    response = dana.get(f"{SCHEDULES}?{query}")
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_the_list_is_read_on_by_its_cursor(dana: Caller, flow: Flow) -> None:
    ids = [made(dana, flow)["schedule_id"] for _ in range(3)][::-1]
    first = dana.get(f"{SCHEDULES}?limit=2")
    rest = dana.get(first["Link"].split(">")[0].strip("<").split("http://testserver")[-1]).json()
    assert [row["schedule_id"] for row in [*first.json(), *rest]] == ids


def test_a_list_asks_no_more_for_more(
    dana: Caller, developer: Person, flow: Flow, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        schedule_by(developer, flow=flow)
    trigger_by(developer, "webhook", flow=flow)
    with django_assert_num_queries(3):
        assert len(dana.get(SCHEDULES).json()) == 5
    with django_assert_num_queries(2):
        assert len(dana.get(f"{SCHEDULES}/upcoming").json()) == 5
    with django_assert_num_queries(2):
        assert dana.get("/api/v1/firings").json() == []


def test_what_is_private_is_seen_by_its_owner_only(dana: Caller, make_person: MakePerson) -> None:
    bob = make_person("bob", "developer")
    schedule = schedule_by(bob, flow=flow_that_runs(access="private", owner=bob.user))
    address = f"{SCHEDULES}/{schedule.pk}"
    assert [dana.get(path).json() for path in (SCHEDULES, f"{SCHEDULES}/upcoming")] == [[], []]
    assert [dana.get(address).status_code, dana.delete(address).status_code] == [404, 404]
    assert bob.caller.get(address).status_code == 200


def test_upcoming_is_the_soonest_first(dana: Caller, flow: Flow) -> None:
    late = made(dana, flow, cron_expression=..., timing="once", anchor="2190-01-01T00:00:00Z")
    soon = made(dana, flow, cron_expression="* * * * *")
    made(dana, flow, enabled=False)
    rows = dana.get(f"{SCHEDULES}/upcoming").json()
    assert [row["schedule_id"] for row in rows] == [soon["schedule_id"], late["schedule_id"]]
    assert rows[1] == {
        "schedule_id": late["schedule_id"], "schedule_name": "Daily Report", "workflow_id": str(flow.pk),
        "workflow_name": flow.name, "next_run": "2190-01-01T00:00:00Z", "type": "once", "status": "active",
    }  # fmt: skip
    assert len(dana.get(f"{SCHEDULES}/upcoming?limit=1&workflow_id={flow.pk}").json()) == 1
    assert dana.get(f"{SCHEDULES}/upcoming?limit=101").status_code == 400


# --- Changed


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_dashboards_switch_it_by_one_key(
    operator: Person, dana: Caller, flow: Flow, method: str, prefix: str
) -> None:
    pk = made(dana, flow)["schedule_id"]
    switch = getattr(operator.caller, method)
    off = switch(f"{prefix}{SCHEDULES}/{pk}", {"enabled": False})
    assert (off.status_code, off.json()["enabled"], off.json()["next_run"]) == (200, False, None)
    on = switch(f"{prefix}{SCHEDULES}/{pk}", {"enabled": True}).json()
    assert on["enabled"] and on["next_run"]
    assert switch(f"{SCHEDULES}/{pk}", {"priority": 1}).status_code == 403


def test_what_is_not_sent_stays(dana: Caller, flow: Flow) -> None:
    before = made(dana, flow, timezone="Europe/Berlin", misfire="skip", input=1)
    address = f"{SCHEDULES}/{before['schedule_id']}"
    after = dana.put(address, {"cron_expression": "30 7 * * *", "schedule_name": "Earlier", "priority": 2}).json()
    moved = {"cron_expression", "schedule_name", "name", "priority", "next_run", "next_run_at", "next_due_at"}
    assert {name for name in after if after[name] != before[name]} - {"updated_at"} == moved
    assert datetime.fromisoformat(after["next_run"]).minute == 30
    turned = dana.patch(address, {"every_seconds": 60}).json()
    assert (turned["timing"], turned["every_seconds"], turned["cron_expression"]) == ("interval", 60, "")


def test_the_whole_answer_may_be_sent_back(dana: Caller) -> None:
    flow = flow_that_runs(environment="hall-7")
    before = made(dana, flow, cron_expression=..., every_seconds=3600, ends_at="2190-01-01T00:00:00Z")
    after = dana.put(f"{SCHEDULES}/{before['schedule_id']}", before).json()
    assert {name for name in after if after[name] != before[name]} <= {"updated_at"}
    cleared = dana.put(f"{SCHEDULES}/{before['schedule_id']}", {"ends_at": None}).json()
    assert cleared["ends_at"] is None


@pytest.mark.parametrize(
    ("said", "field"),
    [({"cron_expression": "0 0 30 2 *"}, "cron_expression"), ({"timezone": "Nowhere"}, "timezone"),
     ({"priority": 21}, "priority"), ({"name": "x" * 256}, "name"), ({"jitter_seconds": -1}, "jitter_seconds")],
)  # fmt: skip
def test_a_bad_change_changes_nothing(dana: Caller, flow: Flow, said: Any, field: str) -> None:
    before = made(dana, flow)
    address = f"{SCHEDULES}/{before['schedule_id']}"
    response = dana.put(address, {"enabled": False, **said})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert dana.get(address).json() == before


@pytest.mark.parametrize("method", ["put", "post"])
def test_enable_and_disable_are_idempotent_and_need_no_body(dana: Caller, flow: Flow, method: str) -> None:
    address = f"{SCHEDULES}/{made(dana, flow)['schedule_id']}"
    call = getattr(dana, method)
    for _ in range(2):
        off = call(f"{address}/disable", b"", "application/octet-stream")
        assert (off.status_code, off.json()["enabled"], off.json()["next_run"]) == (200, False, None)
        assert not dana.get(address).json()["enabled"]
    for _ in range(2):
        on = call(f"{address}/enable", b"", "application/octet-stream")
        assert (on.status_code, on.json()["enabled"], on.json()["next_run"] is not None) == (200, True, True)


@pytest.mark.parametrize("verb", ["trigger", "run-now", "run"])
@pytest.mark.parametrize("method", ["put", "post"])
def test_triggered_it_makes_a_job(operator: Person, dana: Caller, flow: Flow, verb: str, method: str) -> None:
    pk = made(dana, flow, input={"own": 1}, enabled=False)["schedule_id"]
    call = getattr(operator.caller, method)
    response = call(f"{SCHEDULES}/{pk}/{verb}", b"", "application/octet-stream")
    assert response.status_code == 200, response.content
    told = response.json()
    assert told == {"status": "success", "message": f"Schedule triggered: {pk}", "job_id": told["job_id"]}
    run = Execution.objects.get(pk=told["job_id"])
    assert (run.input, run.trigger_id, run.priority) == ({"own": 1}, Trigger.objects.get().pk, 10)
    shown = dana.get(f"{SCHEDULES}/{pk}").json()
    assert (shown["run_count"], shown["failure_count"], shown["last_run"] is not None) == (1, 0, True)
    for variables, expected in (({"given": 2}, {"given": 2}), ({}, {"own": 1})):
        job = call(f"{SCHEDULES}/{pk}/{verb}", {"variables": variables}).json()["job_id"]
        assert Execution.objects.get(pk=job).input == expected


def test_a_workflow_that_does_not_run_cannot_be_triggered(dana: Caller, flow: Flow) -> None:
    pk = made(dana, flow)["schedule_id"]
    Flow.objects.update(status="stopped")
    response = dana.post(f"{SCHEDULES}/{pk}/trigger")
    assert (response.status_code, response.json()["code"]) == (400, "flow_not_running")
    assert not Execution.objects.exists() and not Firing.objects.exists()


@pytest.mark.parametrize("prefix", ["", "/casare", "/tafy", "/nodetool"])
def test_a_removed_schedule_is_gone(dana: Caller, flow: Flow, prefix: str) -> None:
    pk = made(dana, flow)["schedule_id"]
    response = dana.delete(f"{prefix}{SCHEDULES}/{pk}")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "success", "message": f"Schedule deleted: {pk}"},
    )
    assert dana.get(f"{SCHEDULES}/{pk}").status_code == 404


def test_what_is_no_schedule_is_named(dana: Caller, developer: Person, flow: Flow) -> None:
    webhook = trigger_by(developer, "webhook", flow=flow)
    calls = [(dana.get, ""), (dana.put, ""), (dana.delete, ""), (dana.put, "/enable"), (dana.post, "/run"),
             (dana.get, "/firings"), (dana.get, "/preview")]  # fmt: skip
    for pk in (uuid4(), webhook.pk):
        for call, rest in calls:
            response = call(f"/casare{SCHEDULES}/{pk}{rest}")
            assert (response.status_code, response.json()) == (404, {"detail": f"Schedule not found: {pk}"})
    for call, rest in calls:
        response = call(f"/casare{SCHEDULES}/seven{rest}")
        told = {"detail": "Invalid schedule_id format. Expected UUID."}
        assert (response.status_code, response.json()) == (400, told)
