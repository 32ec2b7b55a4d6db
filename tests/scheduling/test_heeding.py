"""Event triggers: which entries of the journal start a flow, and with what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.services import maintenance
from rdos import ticks
from rdos.kernel.models import JournalCursor, JournalEntry
from scheduling.models import Trigger
from scheduling.services import heeding, triggers
from tests.flows.story import flow_that_runs, run_of
from tests.people import Person
from tests.scheduling.happening import (
    MINUTE,
    SECOND,
    fails,
    firings,
    goes_offline,
    heed,
    node_online,
    outcomes,
    runs,
    trigger_by,
)

pytestmark = pytest.mark.django_db


def test_a_node_that_goes_offline_starts_a_flow_that_is_told_all_about_it(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect", given={"mail": "ops@example.org"})
    arm = node_online(labels={"site": "berlin"})
    goes_offline(arm)
    heed()

    (run,) = runs(trigger)
    assert (run.status, run.trigger_type, run.created_by_label) == ("queued", "event", "On trouble")
    entry = JournalEntry.objects.get(action="node.disconnect")
    event = run.input.pop("event")
    assert run.input == {"mail": "ops@example.org"}
    assert event.pop("at").endswith("Z")
    assert event == {
        "position": entry.position,
        "action": "node.disconnect",
        "severity": "critical",
        "object": {"kind": "node", "id": str(arm.pk), "label": "Arm-7"},
        "actor": {"kind": "node", "id": str(arm.pk), "label": "Arm-7"},
        "node": {
            "id": str(arm.pk), "key": "arm-7", "name": "Arm-7", "labels": {"site": "berlin"}, "status": "offline",
        },
        "details": {"code": 1006, "reason": "silence", "maintenance": False},
    }  # fmt: skip
    (firing,) = firings(trigger)
    assert (firing.source, firing.outcome, firing.execution_id) == ("event", "started", run.pk)
    assert (firing.delivery_id, firing.due_at) == (str(entry.position), entry.at)
    trigger.refresh_from_db()
    assert (trigger.fired_count, trigger.last_fired_at is not None) == (1, True)


def test_a_run_that_fails_starts_another_flow(developer: Person) -> None:
    trigger = trigger_by(developer, "execution.failed", "execution.timed_out")
    run = run_of(flow_that_runs("Broken", owner=developer.user))
    fails(run, "no oil")
    heed()
    (started,) = runs(trigger)
    assert started.input["event"]["object"] == {"kind": "execution", "id": str(run), "label": "Broken"}
    assert started.input["event"]["details"]["error"] == "no oil"
    assert started.input["event"]["node"]["key"] is None


@pytest.mark.parametrize(
    ("pattern", "heeds"),
    [
        ("node.disconnect", True), ("node.*", True), ("*.disconnect", True), ("*", True), ("node.dis*", True),
        ("*.*", True), ("node", False), ("node.connect", False), ("*.*.*", False), ("nod.*", False), ("n*", False),
    ],
)  # fmt: skip
def test_a_star_stands_for_a_part(developer: Person, pattern: str, heeds: bool) -> None:
    trigger = trigger_by(developer, pattern)
    goes_offline(node_online())
    heed()
    assert len(runs(trigger)) == heeds


def test_no_actions_are_all_actions_and_two_that_fit_start_one_run(developer: Person) -> None:
    everything, twice = trigger_by(developer), trigger_by(developer, "node.*", "*.disconnect")
    goes_offline(node_online())
    heed()
    assert (len(runs(everything)), len(runs(twice))) == (1, 1)


def test_severities_are_those_of_the_events_that_people_see(developer: Person) -> None:
    grave = trigger_by(developer, severities=["critical", "major"])
    slight = trigger_by(developer, severities=["info"])
    arm, lamp = node_online(), node_online("lamp-1")
    goes_offline(arm)
    Trigger.objects.update(owner=None, has_owner=False)
    JournalEntry.objects.filter(action="node.disconnect").update(details={"severity": "info"})
    goes_offline(lamp)
    heed()
    assert [run.input["event"]["node"]["key"] for run in runs(slight)] == ["arm-7"]
    assert [run.input["event"]["node"]["key"] for run in runs(grave)] == ["lamp-1"]


def test_labels_are_those_of_the_node_that_it_is_about_or_that_it_names(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect", labels={"site": "berlin"})
    goes_offline(node_online("a", labels={"site": "berlin", "line": "2"}))
    goes_offline(node_online("b", labels={"site": "oslo"}))
    goes_offline(node_online("c"))
    fails(run_of(flow_that_runs(owner=developer.user)))
    heed()
    assert [run.input["event"]["node"]["key"] for run in runs(trigger)] == ["a"]


@pytest.mark.parametrize(
    ("condition", "heeds"),
    [
        ("details.code == 1006", True),
        ("node.key == 'arm-7' and node.status == 'offline'", True),
        ("object.kind == 'node' and actor.kind == 'node'", True),
        ("node.labels.site == 'berlin'", True),
        ("severity in ['major', 'critical'] and position > 0", True),
        ("action != 'node.disconnect'", False),
        ("not details.maintenance and details.reason in ['closed']", False),
    ],
)
def test_a_condition_asks_what_happened(developer: Person, condition: str, heeds: bool) -> None:
    trigger = trigger_by(developer, "node.*", condition=condition)
    goes_offline(node_online(labels={"site": "berlin"}))
    heed()
    assert len(runs(trigger)) == heeds


def test_a_condition_that_cannot_be_answered_is_told_once_a_minute_and_stops_nobody(developer: Person) -> None:
    broken = trigger_by(developer, "node.*", condition="details.voltage > 3")
    sound = trigger_by(developer, "node.*")
    now = timezone.now()
    for second in range(3):
        goes_offline(node_online(f"arm-{second}"))
        heed(now + second * SECOND)
    assert (outcomes(broken), len(runs(sound))) == (["refused"], 3)
    assert firings(broken)[0].reason == "Its condition cannot be answered: The object has no key voltage."
    goes_offline(node_online("arm-9"))
    heed(now + 2 * MINUTE)
    assert outcomes(broken) == ["refused", "refused"]


def test_it_is_quiet_for_a_while_about_the_same_object(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect", debounce_seconds=60)
    arm, lamp, now = node_online(), node_online("lamp-1"), timezone.now() - 10 * MINUTE
    for minutes, node in ((0.0, arm), (0.5, arm), (0.6, lamp), (0.99, arm), (1.0, arm), (1.5, arm), (2.1, arm)):
        goes_offline(node, now + minutes * MINUTE)
    heed()
    told = [(one.due_at - now).total_seconds() for one in firings(trigger)]
    assert told == [0.0, 36.0, 60.0, 126.0]


def test_it_is_as_quiet_when_every_entry_is_read_by_itself(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect", debounce_seconds=60)
    arm, now = node_online(), timezone.now() - 10 * MINUTE
    for minutes in (0.0, 0.5, 0.99, 1.0, 1.5, 2.1):
        goes_offline(arm, now + minutes * MINUTE)
        heed()
    assert [(one.due_at - now).total_seconds() for one in firings(trigger)] == [0.0, 60.0, 126.0]


def test_what_goes_off_too_often_in_a_minute_is_left_out_and_that_is_told_once(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect", per_minute=2)
    now = timezone.now()
    for number in range(5):
        goes_offline(node_online(f"arm-{number}"))
        heed(now + number * SECOND)
    assert sorted(outcomes(trigger)) == ["skipped", "started", "started"]
    goes_offline(node_online("arm-9"))
    heed(now + 62 * SECOND)
    assert len(runs(trigger)) == 3


def test_what_happened_before_it_was_switched_on_is_nobodys_wish(developer: Person) -> None:
    goes_offline(node_online())
    trigger = trigger_by(developer, "node.disconnect")
    Trigger.objects.filter(pk=trigger.pk).update(enabled_at=timezone.now())
    heed()
    assert runs(trigger) == []


def test_without_event_triggers_the_reader_is_at_the_end_all_the_same(developer: Person) -> None:
    goes_offline(node_online())
    heed()
    newest = JournalEntry.objects.latest("position")
    assert JournalCursor.objects.get(name=heeding.READER).position == newest.position
    trigger = trigger_by(developer, "node.disconnect")
    heed()
    assert runs(trigger) == []


def test_what_is_older_than_an_hour_starts_nothing_and_that_is_told(developer: Person) -> None:
    trigger, now = trigger_by(developer, "node.disconnect"), timezone.now()
    for minutes in (180, 120, 61, 59):
        goes_offline(node_online(f"arm-{minutes}"), now - minutes * MINUTE)
    heed(now)
    assert (sorted(outcomes(trigger)), len(runs(trigger))) == (["missed", "started"], 1)


def test_switched_off_it_heeds_nothing(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect")
    triggers.switch(actor=developer.actor, pk=trigger.pk, on=False, at=timezone.now())
    goes_offline(node_online())
    heed()
    assert firings(trigger) == []


def test_a_stopped_flow_is_left_out_with_the_reason(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect")
    type(trigger.flow).objects.filter(pk=trigger.flow_id).update(status="stopped")
    goes_offline(node_online("a"))
    goes_offline(node_online("b"))
    heed()
    (firing,) = firings(trigger)
    assert (firing.outcome, "must be running" in firing.reason) == ("skipped", True)


def test_whoever_may_no_longer_start_flows_pauses_the_trigger(developer: Person) -> None:
    trigger = trigger_by(developer, "node.disconnect")
    developer.user.role = "viewer"
    developer.user.save()
    goes_offline(node_online())
    heed()
    trigger.refresh_from_db()
    assert (trigger.is_enabled, "may not start flows" in trigger.paused_reason) == (False, True)
    assert (runs(trigger), firings(trigger)) == ([], [])


def test_an_input_that_no_run_could_take_holds_up_nobody(developer: Person) -> None:
    huge = trigger_by(developer, "node.disconnect", given={"a": "x" * (10 * 2**20)})
    sound = trigger_by(developer, "node.disconnect")
    goes_offline(node_online())
    heed()
    assert (outcomes(huge), outcomes(sound)) == (["skipped"], ["started"])


def test_a_flood_is_read_in_parts_and_in_its_order(developer: Person) -> None:
    flow, arm = flow_that_runs(), node_online()
    heeding_all = [trigger_by(developer, "node.disconnect", flow=flow) for _ in range(12)]
    for _ in range(60):
        goes_offline(arm)
    ticks.seal_journal()
    read = [heeding.heed_some(timezone.now()) for _ in range(3)]
    # The second time it takes those that were more than one batch may start.
    assert (read[1], read[2]) == (60 - -(-heeding.MOST_MATCHED // 12), 0)
    for trigger in heeding_all:
        positions = [run.input["event"]["position"] for run in runs(trigger)]
        assert (len(positions), positions) == (60, sorted(positions))


def test_an_event_in_maintenance_is_told_as_it_is(developer: Person, operator: Person) -> None:
    trigger = trigger_by(developer, "node.maintenance", condition="actor.label == 'oskar'")
    arm, now = node_online(), timezone.now()
    maintenance.begin(actor=operator.actor, pk=arm.pk, until=now + timedelta(hours=1), reason="Oil", at=now)
    heed()
    assert len(runs(trigger)) == 1
