"""Deliveries that are delivered again by hand."""

from uuid import uuid4

from flows.models import Execution, Flow
from rdos.kernel.models import JournalEntry
from scheduling.models import Firing
from tests.flows.story import flow_that_runs
from tests.people import Person
from tests.scheduling.hooking import hook_by, run_of
from tests.scheduling.story import MONDAY, schedule_by, tick


def again(firing: Firing) -> str:
    return f"/api/v1/firings/{firing.pk}/redeliver"


def test_a_redelivery_is_a_new_run_of_the_old_input(developer: Person, operator: Person) -> None:
    hook = hook_by(developer)
    old = run_of(hook.call("hello", path=f"{hook.path}?a=1", x_delivery_id="1"))
    answer = operator.caller.post(again(hook.firings()[0]))
    assert answer.status_code == 201
    new = Execution.objects.get(pk=answer.json()["execution_id"])
    assert new.pk != old.pk and (new.input, new.came_with) == (old.input, old.came_with)
    assert (new.trigger_id, new.created_by_label) == (hook.trigger.pk, operator.name)
    first, second = hook.firings()
    assert (str(second.pk), second.source, second.outcome) == (answer.json()["id"], "redelivery", "started")
    assert second.details["redelivery_of"] == str(first.pk) and second.delivery_id is None
    assert JournalEntry.objects.get(action="trigger.redeliver").actor_label == operator.name


def test_a_redelivery_may_itself_be_redelivered(developer: Person) -> None:
    hook = hook_by(developer)
    hook.call("hello")
    for _ in range(2):
        assert developer.caller.post(again(hook.firings()[-1])).status_code == 201
    assert [run.input for run in hook.runs()] == ["hello"] * 3


def test_what_has_no_input_any_more_is_not_redelivered(developer: Person, operator: Person) -> None:
    hook = hook_by(developer, content_type="application/json")
    hook.call("hello")
    (refused,) = hook.firings()
    assert operator.caller.post(again(refused)).status_code == 409
    run_of(hook.call("{}", "application/json"))
    taken = next(one for one in hook.firings() if one.outcome == "started")
    Execution.objects.all().delete()
    answer = operator.caller.post(again(taken))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_redeliver")


def test_only_deliveries_are_redelivered(developer: Person, operator: Person) -> None:
    schedule_by(developer)
    tick(MONDAY.replace(minute=5))
    assert operator.caller.post(again(Firing.objects.get())).status_code == 409


def test_a_stopped_flow_is_not_started_by_it(developer: Person, operator: Person) -> None:
    hook = hook_by(developer)
    hook.call("hello")
    Flow.objects.update(status="stopped")
    assert operator.caller.post(again(hook.firings()[0])).status_code == 400
    assert len(hook.runs()) == 1


def test_deliveries_of_others_are_nobodys_business(developer: Person, operator: Person, viewer: Person) -> None:
    hook = hook_by(developer, flow_that_runs(owner=developer.user, access="private"))
    hook.call("hello")
    assert operator.caller.post(again(hook.firings()[0])).status_code == 404
    assert viewer.caller.post(again(hook.firings()[0])).status_code == 403
    assert developer.caller.post(f"/api/v1/firings/{uuid4()}/redeliver").status_code == 404
