"""Triggers of a flow, as Bloxserver's frontends know them and as the root tells more of them."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from flows.models import Execution, Flow
from rdos.kernel.models import JournalEntry
from scheduling.models import Schedule, Trigger, Webhook
from scheduling.services import webhooks
from tests.flows.story import flow_that_runs
from tests.people import Caller, MakePerson, Person
from tests.scheduling.story import schedule_by

pytestmark = pytest.mark.django_db
BLOX = "/bloxserver"
KEYS = ["id", "flowId", "type", "name", "config", "webhookToken", "webhookUrl", "createdAt"]
WEEKDAYS = {"type": "schedule", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"}


@pytest.fixture
def flow(db: None) -> Flow:
    return flow_that_runs()


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def of(flow: Flow, rest: str = "", prefix: str = BLOX) -> str:
    return f"{prefix}/api/v1/flows/{flow.pk}/triggers{rest}"


def made(caller: Caller, flow: Flow, prefix: str = BLOX, **said: Any) -> dict[str, Any]:
    response = caller.post(of(flow, prefix=prefix), {"name": "Nightly", **said})
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_a_webhook_is_made_with_its_address(dana: Caller, flow: Flow, settings: Settings) -> None:
    settings.WEBHOOK_BASE_URL = "https://api.example.org/webhooks"
    told = made(dana, flow, type="webhook", config={"type": "webhook"})
    assert list(told) == KEYS
    assert (told["flowId"], told["type"], told["name"]) == (str(flow.pk), "webhook", "Nightly")
    assert told["config"] == {"type": "webhook"} and told["createdAt"].endswith("Z")
    assert len(told["webhookToken"]) == 43
    assert told["webhookUrl"] == f"https://api.example.org/webhooks/{told['webhookToken']}"
    assert Webhook.objects.get().token_digest == webhooks.digest(told["webhookToken"])
    assert dana.get(of(flow, f"/{told['id']}")).json() == told
    assert told["webhookToken"] not in str(list(JournalEntry.objects.values()))


def test_without_a_base_address_it_is_that_of_the_call(dana: Caller, flow: Flow) -> None:
    told = made(dana, flow, type="webhook", config={})
    assert told["webhookUrl"] == f"http://testserver/webhooks/{told['webhookToken']}"


def test_a_schedule_keeps_its_config_and_keys_that_nobody_knows(dana: Caller, flow: Flow) -> None:
    config = {**WEEKDAYS, "skipDates": ["2026-12-25"], "own": {"a": [1]}}
    told = made(dana, flow, type="schedule", config=config)
    assert (told["config"], told["webhookToken"], told["webhookUrl"]) == (config, None, None)
    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.zone, schedule.next_run_at is not None) == ("0 9 * * 1-5", "Europe/Berlin", True)


def test_its_zone_is_utc_if_unsaid(dana: Caller, flow: Flow) -> None:
    told = made(dana, flow, type="schedule", config={"type": "schedule", "cron": "@daily"})
    assert told["config"] == {"type": "schedule", "cron": "@daily", "timezone": "UTC"}


def test_what_later_drafts_say_is_heeded(dana: Caller, flow: Flow) -> None:
    made(dana, flow, type="schedule", config={**WEEKDAYS, "gracePeriodMinutes": 5, "defaultPayload": {"a": 1}})
    made(dana, flow, type="webhook", config={"requiredHeaders": {"X-A": ""}, "allowedIps": ["10.0.0.0/8"]})
    assert (Schedule.objects.get().catch_up_seconds, Trigger.objects.get(kind="schedule").input) == (300, {"a": 1})
    webhook = Webhook.objects.get()
    assert (webhook.required_headers, webhook.allowed_addresses) == ({"x-a": ""}, ["10.0.0.0/8"])


BAD: list[tuple[dict[str, Any], str]] = [
    ({"type": "schedule", "config": {"type": "schedule"}}, "config.cron"),
    ({"type": "schedule", "config": {**WEEKDAYS, "cron": "0 0 31 2 *"}}, "config.cron"),
    ({"type": "schedule", "config": {**WEEKDAYS, "cron": 7}}, "config.cron"),
    ({"type": "schedule", "config": {**WEEKDAYS, "timezone": "Mars"}}, "config.timezone"),
    ({"type": "schedule", "config": {**WEEKDAYS, "jitterSeconds": -1}}, "config.jitterSeconds"),
    ({"type": "schedule", "config": {"type": "webhook"}}, "config.type"),
    ({"type": "schedule", "config": {"type": ["schedule"]}}, "config.type"),
    ({"type": "webhook", "config": {"allowedIps": ["nowhere"]}}, "config.allowed_addresses"),
    ({"type": "event", "config": {"actions": ["Rm -rf"]}}, "config.actions"),
    ({"type": "event", "config": {"condition": "1 +"}}, "config.condition"),
    ({"type": "manual"}, "config"),
    ({"type": "manual", "config": []}, "config"),
    ({"type": "moon", "config": {}}, "type"),
    ({"config": {}}, "type"),
    ({"type": "manual", "config": {}, "name": ""}, "name"),
    ({"type": "manual", "config": {}, "name": "x" * 101}, "name"),
]


@pytest.mark.parametrize(("said", "field"), BAD)
def test_bad_input_is_422_by_its_field(dana: Caller, flow: Flow, said: dict[str, Any], field: str) -> None:
    response = dana.post(of(flow), {"name": "Nightly", **said})
    assert (response.status_code, list(response.json()["details"])) == (422, [f"body.{field}"])
    assert not Trigger.objects.exists()


def test_the_list_is_a_plain_array_newest_first(dana: Caller, flow: Flow, django_assert_num_queries: Any) -> None:
    elsewhere = flow_that_runs("Other")
    made(dana, elsewhere, type="manual", config={})
    ids = [made(dana, flow, type=kind, config={"cron": "@daily"})["id"] for kind in ("manual", "schedule", "webhook")]
    with django_assert_num_queries(4):
        rows = dana.get(of(flow)).json()
    assert [row["id"] for row in rows] == ids[::-1]
    assert [list(row) for row in rows] == [KEYS] * 3


def test_a_token_is_told_to_those_who_may_change_it(dana: Caller, viewer: Person, operator: Person, flow: Flow) -> None:
    pk = made(dana, flow, type="webhook", config={"secret": "Very-Secret-Word"})["id"]
    for person in (viewer, operator):
        for told in (person.caller.get(of(flow, f"/{pk}")).json(), person.caller.get(of(flow)).json()[0]):
            assert (told["webhookToken"], told["webhookUrl"]) == (None, None)
    for prefix in ("", BLOX):
        assert b"Very-Secret-Word" not in dana.get(of(flow, f"/{pk}", prefix)).content
    assert dana.get(of(flow, f"/{pk}", "")).json()["config"]["is_signed"] is True
    assert "Very-Secret-Word" not in str(list(Trigger.objects.values())) + str(list(JournalEntry.objects.values()))


def test_another_token_makes_the_old_one_nothing(dana: Caller, operator: Person, flow: Flow) -> None:
    before = made(dana, flow, type="webhook", config={})
    address = of(flow, f"/{before['id']}/regenerate-token")
    assert operator.caller.post(address).status_code == 403
    after = dana.post(address, b"", "application/octet-stream").json()
    assert after["webhookToken"] != before["webhookToken"]
    assert {**after, "webhookToken": 0, "webhookUrl": 0} == {**before, "webhookToken": 0, "webhookUrl": 0}
    assert Webhook.objects.get().token_digest == webhooks.digest(after["webhookToken"])


def test_only_webhooks_have_a_token(dana: Caller, flow: Flow) -> None:
    pk = made(dana, flow, type="schedule", config=WEEKDAYS)["id"]
    response = dana.post(of(flow, f"/{pk}/regenerate-token"))
    told = "Can only regenerate token for webhook triggers"
    assert (response.status_code, response.json()["detail"]) == (400, told)


def test_a_removed_trigger_is_gone(dana: Caller, flow: Flow) -> None:
    pk = made(dana, flow, type="schedule", config=WEEKDAYS)["id"]
    response = dana.delete(of(flow, f"/{pk}"))
    assert (response.status_code, response.content) == (204, b"")
    for call in (dana.get, dana.delete):
        again = call(of(flow, f"/{pk}"))
        assert (again.status_code, again.json()["detail"]) == (404, "Trigger not found")


def test_what_is_not_of_this_flow_is_not_there(dana: Caller, flow: Flow, make_person: MakePerson) -> None:
    other = flow_that_runs("Other")
    pk = made(dana, other, type="manual", config={})["id"]
    hidden = flow_that_runs(access="private", owner=make_person("bob", "developer").user)
    for rest in (f"/{pk}", f"/{uuid4()}"):
        assert dana.get(of(flow, rest)).json()["detail"] == "Trigger not found"
    for verb in ("/enable", "/disable", "/fire", "/regenerate-token"):
        assert dana.post(of(flow, f"/{pk}{verb}")).status_code == 404
    assert dana.patch(of(flow, f"/{pk}"), {"name": "x"}).status_code == 404
    assert dana.get(of(flow, f"/{pk}/firings")).status_code == 404
    assert dana.get(of(hidden)).json()["detail"] == "Flow not found"
    assert dana.post(of(hidden), {"name": "x", "type": "manual", "config": {}}).status_code == 404
    assert dana.get(of(flow, "/seven")).status_code == 422
    assert dana.get(f"{BLOX}/api/v1/flows/seven/triggers").status_code == 422
    assert dana.get("/api/v1/flows/seven/triggers").status_code == 400


# --- At the root


def test_the_root_tells_more(dana: Caller, flow: Flow) -> None:
    told = made(
        dana, flow, "", type="schedule", config={"cron": "@hourly", "overlap": "skip"}, input={"a": 1}, priority=3,
        pause_after_failures=4, metadata={"team": "x"},
    )  # fmt: skip
    assert (told["enabled"], told["input"], told["priority"], told["pause_after_failures"]) == (True, {"a": 1}, 3, 4)
    assert (told["metadata"], told["run_count"], told["last_triggered_at"]) == ({"team": "x"}, 0, None)
    assert (told["config"]["overlap"], told["config"]["misfire"]) == ("skip", "run_once")
    assert told["next_run_at"]
    assert dana.get(f"/api/v1/schedules/{told['id']}").json()["overlap"] == "skip"


def test_a_config_may_be_left_out_and_a_name_be_longer(dana: Caller, flow: Flow) -> None:
    assert made(dana, flow, "", type="manual", name="x" * 255)["config"] == {"type": "manual"}
    refused = dana.post(of(flow, prefix=""), {"type": "manual", "name": "x" * 256})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["name"])


def test_an_event_trigger_says_what_it_heeds(dana: Caller, flow: Flow) -> None:
    config = {"actions": ["node.*"], "severities": ["critical"], "labels": {"hall": "7"}, "debounce_seconds": 30}
    told = made(dana, flow, "", type="event", config=config)["config"]
    assert {name: told[name] for name in config} == config
    assert (told["condition"], told["per_minute"]) == ("", None)


def test_what_is_not_sent_stays(dana: Caller, flow: Flow) -> None:
    before = made(dana, flow, "", type="schedule", config={**WEEKDAYS, "own": 1}, input="x")
    address = of(flow, f"/{before['id']}", "")
    after = dana.patch(address, {"name": "Weekly", "config": {"timezone": "UTC"}}).json()
    assert (after["name"], after["input"], after["config"]["cron"]) == ("Weekly", "x", "0 9 * * 1-5")
    assert (after["config"]["timezone"], "own" in after["config"]) == ("UTC", False)
    refused = dana.patch(address, {"config": {"cron": "0 0 30 2 *"}})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["config.cron"])
    wrong = dana.patch(address, {"config": {"type": "webhook"}})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["config.type"])
    assert dana.get(address).json() == after


def test_operators_switch_and_set_off_but_change_nothing(dana: Caller, operator: Person, flow: Flow) -> None:
    pk = made(dana, flow, "", type="schedule", config=WEEKDAYS, input={"own": 1})["id"]
    address = of(flow, f"/{pk}", "")
    off = operator.caller.post(f"{address}/disable").json()
    assert (off["enabled"], off["next_run_at"]) == (False, None)
    assert operator.caller.patch(address, {"enabled": True}).json()["enabled"]
    assert operator.caller.patch(address, {"name": "x"}).status_code == 403
    assert operator.caller.post(f"{address}/enable").status_code == 200
    fired = operator.caller.post(f"{address}/fire", b"", "application/octet-stream")
    assert (fired.status_code, fired.json()["source"], fired.json()["outcome"]) == (201, "hand", "started")
    assert Execution.objects.get(pk=fired.json()["execution_id"]).input == {"own": 1}
    log = operator.caller.get(f"{address}/firings").json()
    assert log == [fired.json()]


def test_a_payload_of_ones_own_may_be_given(dana: Caller, flow: Flow) -> None:
    pk = made(dana, flow, type="manual", config={"type": "manual"})["id"]
    fired = dana.post(of(flow, f"/{pk}/fire"), {"inputPayload": "words"})
    assert fired.status_code == 201
    run = Execution.objects.get(pk=fired.json()["executionId"])
    assert (run.input, run.trigger_type) == ("words", "manual")


def test_a_schedule_edited_elsewhere_tells_the_truth_here(dana: Caller, flow: Flow) -> None:
    pk = made(dana, flow, type="schedule", config=WEEKDAYS)["id"]
    dana.put(f"/api/v1/schedules/{pk}", {"cron_expression": "30 7 * * *"})
    assert dana.get(of(flow, f"/{pk}")).json()["config"]["cron"] == "30 7 * * *"


def test_a_paused_one_says_why(dana: Caller, developer: Person, flow: Flow) -> None:
    schedule = schedule_by(developer, flow=flow)
    Trigger.objects.update(is_enabled=False, paused_reason="2 runs in a row failed.")
    told = dana.get(of(flow, f"/{schedule.pk}", "")).json()
    assert (told["enabled"], told["paused_reason"]) == (False, "2 runs in a row failed.")
    assert dana.get(f"/api/v1/schedules/{schedule.pk}").json()["paused_reason"] == "2 runs in a row failed."


def test_too_large_an_input_is_refused_before_it_is_due(dana: Caller, flow: Flow) -> None:
    heavy = ["\u00e9" * 1_000_000] * 6
    response = dana.post(of(flow, prefix=""), {"type": "manual", "name": "x", "input": heavy})
    assert response.status_code == 413
