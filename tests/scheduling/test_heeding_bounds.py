"""Event triggers: no loops, nothing that their owner does not see, and each entry once."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from devices.models import Node
from flows.models import Execution
from rdos import ticks
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import SYSTEM, Row, record
from rdos.kernel.models import JournalCursor, JournalEntry
from scheduling.models import EventFilter, Firing, Trigger
from scheduling.services import heeding, listeners, triggers
from tests.flows.crashes import survives
from tests.flows.story import flow_that_runs, run_of
from tests.people import Person, sign_in
from tests.scheduling.happening import fails, firings, goes_offline, heed, node_online, outcomes, runs, trigger_by
from tests.telemetry.telling import see_only

pytestmark = pytest.mark.django_db


def run_that_waits(trigger: Trigger) -> UUID:
    return Execution.objects.get(trigger_id=trigger.pk, status="queued").pk


def test_what_a_trigger_began_does_not_set_it_off_again(developer: Person) -> None:
    trigger = trigger_by(developer, "execution.*", flow=flow_that_runs(owner=developer.user))
    fails(run_of(flow_that_runs(owner=developer.user)))
    heed()
    fails(run_that_waits(trigger))
    heed()
    assert len(runs(trigger)) == 1


def test_two_triggers_do_not_set_each_other_off_for_ever(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user)
    one, other = (trigger_by(developer, "execution.failed", flow=flow) for _ in range(2))
    fails(run_of(flow))
    for _ in range(10):
        heed()
        for pk in Execution.objects.filter(status="queued").values_list("pk", flat=True):
            fails(pk)
    # Each for the first failure, and each for what the other began.
    assert (len(runs(one)), len(runs(other))) == (2, 2)
    assert {tuple(one.details["chain"]) for one in firings(one)} == {(), (str(other.pk),)}


def test_a_chain_of_many_ends(developer: Person) -> None:
    """As long as a ladder is: every trigger heeds what the one before it began."""
    flows = [flow_that_runs(f"Step {number}", owner=developer.user) for number in range(9)]
    ladder = [
        trigger_by(developer, "execution.failed", flow=flow, condition=f"object.label == 'Step {number}'")
        for number, flow in enumerate(flows[1:])
    ]
    fails(run_of(flows[0]))
    for _ in range(len(ladder)):
        heed()
        for pk in Execution.objects.filter(status="queued").values_list("pk", flat=True):
            fails(pk)
    started = [len(runs(trigger)) for trigger in ladder]
    assert started == [1] * listeners.LONGEST_CHAIN + [0] * (len(ladder) - listeners.LONGEST_CHAIN)


def test_a_run_of_a_schedule_that_fails_may_be_heeded(developer: Person) -> None:
    by_clock = triggers.create(
        actor=developer.actor,
        flow_id=flow_that_runs(owner=developer.user).pk,
        kind="schedule",
        name="Nightly",
        at=timezone.now(),
        part={"cron": "0 3 * * *"},
    )
    trigger = trigger_by(developer, "execution.failed")
    fails(run_of(by_clock.flow, trigger_type="schedule", trigger_id=by_clock.pk))
    heed()
    assert [one.details["chain"] for one in firings(trigger)] == [[str(by_clock.pk)]]


def test_each_entry_counts_once_although_the_cursor_was_set_back(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect")
    goes_offline(node_online())
    heed()
    JournalCursor.objects.filter(name=heeding.READER).update(position=0)
    heed()
    assert (len(runs(trigger)), outcomes(trigger)) == (1, ["started"])
    trigger.refresh_from_db()
    assert trigger.fired_count == 1


def test_a_reader_that_dies_anywhere_starts_it_once_all_the_same(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect", debounce_seconds=60)
    goes_offline(node_online())
    ticks.seal_journal()
    deaths = 0
    while survives(deaths, lambda: heeding.heed_some(timezone.now())) is None:
        assert (Firing.objects.count(), Execution.objects.count()) == (0, 0)
        deaths += 1
    assert deaths > 10
    assert (len(runs(trigger)), outcomes(trigger)) == (1, ["started"])
    heed()
    assert len(runs(trigger)) == 1


def test_an_owner_is_told_of_no_node_that_they_do_not_see(developer: Person) -> None:
    arm, secret = node_online(), node_online("secret")
    see_only(developer, arm)
    trigger = trigger_by(developer)
    goes_offline(secret)
    goes_offline(arm)
    heed()
    assert [run.input["event"]["node"]["key"] for run in runs(trigger)] == ["arm-7"]


def test_an_owner_is_told_of_no_run_of_a_flow_that_is_not_theirs(developer: Person, admin: Person) -> None:
    mine, all_of_them = trigger_by(developer, "execution.*"), trigger_by(admin, "execution.*")
    private = flow_that_runs("Payroll", owner=admin.user, access="private")
    for flow in (private, flow_that_runs("Shared", owner=admin.user, access="shared")):
        fails(run_of(flow))
    heed()
    assert [run.input["event"]["object"]["label"] for run in runs(mine)] == ["Shared"]
    assert len(runs(all_of_them)) == 2


def test_what_people_do_is_for_those_who_may_read_the_journal(developer: Person, admin: Person) -> None:
    mine, all_of_them = trigger_by(developer, "auth.*"), trigger_by(admin, "auth.*")
    sign_in("dana")
    heed()
    assert (len(runs(mine)), len(runs(all_of_them))) == (0, 1)
    assert "address" not in str(runs(all_of_them)[0].input)


def test_secrets_and_giant_details_are_not_handed_on(admin: Person) -> None:
    trigger = trigger_by(admin, "lamp.lit")
    record(who=SYSTEM, action="lamp.lit", about=Row("lamp", "1"), details={"password": "hunter2", "n": 1})
    record(who=SYSTEM, action="lamp.lit", about=Row("lamp", "2"), details={"n": ["x" * 9000] * 20})
    heed()
    small, large = (run.input["event"]["details"] for run in runs(trigger))
    assert "hunter2" not in str(small)
    assert large == {"left_out": "The details are too large to be handed on."}


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"actions": ["Node Disconnect"]}, "actions"),
        ({"actions": ["node..connect"]}, "actions"),
        ({"actions": ["a*b*c"]}, "actions"),
        ({"actions": ["**"]}, "actions"),
        ({"actions": [""]}, "actions"),
        ({"actions": [7]}, "actions"),
        ({"actions": "node.*"}, "actions"),
        ({"actions": ["a"] * 51}, "actions"),
        ({"actions": ["a" * 101]}, "actions"),
        ({"severities": ["terrible"]}, "severities"),
        ({"severities": [["major"]]}, "severities"),
        ({"severities": "major"}, "severities"),
        ({"labels": ["site"]}, "labels"),
        ({"labels": {"site": 1}}, "labels"),
        ({"condition": "1 +"}, "condition"),
        ({"condition": "__import__('os')"}, "condition"),
        ({"condition": "voltage > 3"}, "condition"),
        ({"condition": "{{secrets.key}} == 1"}, "condition"),
        ({"condition": "not (details.a in [flow.b])"}, "condition"),
        ({"condition": "1 == 1 and " * 100 + "1 == 1"}, "condition"),
        ({"condition": None}, "condition"),
        ({"debounce_seconds": -1}, "debounce_seconds"),
        ({"debounce_seconds": True}, "debounce_seconds"),
        ({"debounce_seconds": 7 * 86_400 + 1}, "debounce_seconds"),
        ({"per_minute": 0}, "per_minute"),
        ({"per_minute": 601}, "per_minute"),
        ({"per_minute": "2"}, "per_minute"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_name(developer: Person, part: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        triggers.create(
            actor=developer.actor,
            flow_id=flow_that_runs().pk,
            kind="event",
            name="On trouble",
            at=timezone.now(),
            part=part,
        )
    assert list(refusal.value.errors or {}) == [field]
    assert not EventFilter.objects.exists()


def test_a_node_that_is_gone_is_no_node(admin: Person) -> None:
    trigger = trigger_by(admin, "node.disconnect", condition="node.key is null")
    arm = node_online()
    goes_offline(arm)
    Node.objects.filter(pk=arm.pk).delete()
    heed()
    assert len(runs(trigger)) == 1
    assert JournalEntry.objects.get(action="node.disconnect").object_id == str(arm.pk)
