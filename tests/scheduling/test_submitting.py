"""Workflows that are submitted together with what starts them."""

from typing import Any

import pytest

from flows.models import Execution, Flow
from rdos.kernel.models import JournalEntry
from scheduling.models import Trigger, Webhook
from tests.flows.test_workflows import GRAPH
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
WORKFLOWS = "/api/v1/workflows"


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def submit(caller: Caller, prefix: str = "", **said: Any) -> Any:
    return caller.post(prefix + WORKFLOWS, {"workflow_name": "Scraper", "workflow_json": GRAPH, **said})


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_a_scheduled_workflow_has_a_schedule_and_no_job(dana: Caller, prefix: str) -> None:
    response = submit(
        dana, prefix, trigger_type="scheduled", schedule_cron="0 9 * * 1-5", priority=3, execution_mode="internet",
        metadata={"variables": {"x": 1}},
    )  # fmt: skip
    assert response.status_code == 200, response.content
    told = response.json()
    assert (told["job_id"], told["status"]) == (None, "success")
    schedule = dana.get(f"/api/v1/schedules/{told['schedule_id']}").json()
    assert (schedule["schedule_name"], schedule["workflow_id"]) == ("Schedule for Scraper", told["workflow_id"])
    assert (schedule["priority"], schedule["execution_mode"], schedule["enabled"]) == (3, "internet", True)
    assert (schedule["cron_expression"], schedule["input"]) == ("0 9 * * 1-5", {"x": 1})
    assert not Execution.objects.exists()


@pytest.mark.parametrize("cron", ["0 0 31 2 *", "nonsense", "1 2 3 4 5 6 7"])
def test_a_bad_expression_writes_nothing(dana: Caller, cron: str) -> None:
    response = submit(dana, trigger_type="scheduled", schedule_cron=cron)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["schedule_cron"])
    assert not Flow.objects.exists()
    assert (
        "Invalid cron expression: "
        in submit(dana, "/casare", trigger_type="scheduled", schedule_cron=cron).json()["detail"]
    )


def test_a_long_name_is_cut_in_its_schedule_s(dana: Caller) -> None:
    assert submit(dana, workflow_name="x" * 255, trigger_type="scheduled", schedule_cron="@daily").status_code == 200
    assert len(Trigger.objects.get().name) == 255


def test_submitted_again_it_keeps_its_schedule(dana: Caller) -> None:
    first = submit(dana, trigger_type="scheduled", schedule_cron="@daily").json()
    again = submit(dana, workflow_id=first["workflow_id"], trigger_type="scheduled", schedule_cron="@hourly").json()
    assert again["schedule_id"] == first["schedule_id"]
    assert dana.get(f"/api/v1/schedules/{first['schedule_id']}").json()["cron_expression"] == "@hourly"
    assert Trigger.objects.count() == 1


def test_a_webhook_names_its_address_and_keeps_its_secret(dana: Caller) -> None:
    hook = {"auth_type": "hmac", "secret": "Very-Secret-Word", "methods": ["POST"]}
    response = submit(dana, trigger_type="webhook", metadata={"webhook_config": hook})
    assert response.status_code == 200, response.content
    told = response.json()
    assert (told["job_id"], told["schedule_id"]) == (None, None)
    trigger = Trigger.objects.get()
    assert (trigger.kind, str(trigger.flow_id)) == ("webhook", told["workflow_id"])
    assert trigger.config["endpoint"] == f"/hooks/{trigger.pk}" and trigger.config["endpoint"] in told["message"]
    assert Webhook.objects.get().secret
    for rows in (Trigger.objects.values(), Flow.objects.values(), JournalEntry.objects.values()):
        assert "Very-Secret-Word" not in str(list(rows))


def test_its_own_endpoint_is_kept(dana: Caller) -> None:
    submit(dana, trigger_type="webhook", metadata={"webhook_config": {"endpoint": "/hooks/mine"}})
    assert Trigger.objects.get().config["endpoint"] == "/hooks/mine"


@pytest.mark.parametrize(
    ("hook", "field"),
    [({"auth_type": "hmac"}, "metadata.webhook_config.secret"), ([1], "metadata.webhook_config")],
)
def test_a_hook_that_promises_more_than_it_says_is_refused(dana: Caller, hook: Any, field: str) -> None:
    response = submit(dana, trigger_type="webhook", metadata={"webhook_config": hook})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert not Flow.objects.exists()


def test_with_the_workflow_go_its_triggers(dana: Caller) -> None:
    first = submit(dana, trigger_type="scheduled", schedule_cron="@daily").json()
    assert dana.delete(f"{WORKFLOWS}/{first['workflow_id']}").status_code == 200
    assert dana.get(f"/api/v1/schedules/{first['schedule_id']}").status_code == 404
    assert not Trigger.objects.exists()
