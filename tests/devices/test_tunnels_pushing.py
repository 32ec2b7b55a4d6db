"""In which order nodes are told of a tunnel, and what becomes of it when they refuse, leave, return or stay silent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from devices.models import Command, Node, Tunnel, TunnelLeg
from devices.services import commands, pushes, tunnels
from rdos import ticks
from rdos.kernel.models import JournalEntry
from tests.devices.tunnelling import Fleet, come, go, grow_old, legs, open_commands, status
from tests.people import Person

pytestmark = pytest.mark.django_db
ALL = {"relay": "pushed", "ingress": "pushed", "egress": "pushed"}
IN_ORDER = [("middle", "authorize_tunnel"), ("left", "create_tunnel"), ("right", "create_tunnel")]
REMOVED = [("left", "delete_tunnel"), ("right", "delete_tunnel")]


@pytest.fixture
def fleet(db: None) -> Fleet:
    return Fleet()


def make(fleet: Fleet, admin: Person, **changes: Any) -> Tunnel:
    body = fleet.body(**changes)
    fields = body | {name: UUID(value) for name, value in body.items() if name.endswith("node_id") and value}
    return tunnels.create(actor=admin.actor, fields=fields, at=timezone.now())


def change(tunnel: Tunnel, admin: Person, **fields: Any) -> None:
    tunnels.update(actor=admin.actor, pk=tunnel.pk, fields=fields, at=timezone.now())


@pytest.fixture
def tunnel(fleet: Fleet, admin: Person) -> Tunnel:
    """Up, and its nodes have forgotten the letters."""
    made = make(fleet, admin)
    fleet.settle()
    fleet.forget()
    return made


def test_the_relay_comes_first_then_ingress_then_egress_one_at_a_time(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    for number, expected in enumerate(IN_ORDER, 1):
        (letter,) = fleet.receive()
        assert (fleet.words[-1], open_commands(), status(tunnel)) == (expected, 1, "pending")
        fleet.answer(letter)
        assert list(legs(tunnel).values()).count("pushed") == number
    assert (status(tunnel), fleet.receive()) == ("active", [])


def test_a_direct_tunnel_needs_no_relay(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin, mode="direct", egress_peer_addr="198.51.100.7:4433")
    fleet.settle()
    assert (fleet.words, status(tunnel)) == (IN_ORDER[1:], "active")
    assert legs(tunnel) == {"ingress": "pushed", "egress": "pushed"}


@pytest.mark.parametrize(("refuser", "side"), [("middle", "relay"), ("left", "ingress"), ("right", "egress")])
def test_who_refuses_stops_nobody_else(fleet: Fleet, admin: Person, refuser: str, side: str) -> None:
    tunnel = make(fleet, admin)
    fleet.settle(**{refuser: "port in use"})
    assert (fleet.words, status(tunnel)) == (IN_ORDER, "pending")
    assert legs(tunnel) == ALL | {side: "failed"}
    assert TunnelLeg.objects.get(tunnel=tunnel, side=side).error == "port in use"


def test_a_node_that_is_not_there_fails_at_once(fleet: Fleet, admin: Person) -> None:
    go(fleet.relay, fleet.right)
    tunnel = make(fleet, admin)
    fleet.settle()
    assert (fleet.words, status(tunnel)) == ([IN_ORDER[1]], "pending")
    assert legs(tunnel) == ALL | {"relay": "failed", "egress": "failed"}
    assert TunnelLeg.objects.get(tunnel=tunnel, side="egress").error == "node is not connected"


def test_a_silent_node_is_given_up_when_its_letter_expires(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    fleet.receive()
    later = timezone.now() + timedelta(seconds=11)
    tunnels.answered(commands.expire(later), later)
    fleet.settle()
    assert legs(tunnel) == ALL | {"relay": "failed"}


def test_whoever_waits_gives_a_silent_node_up_by_themselves(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    (letter,) = fleet.receive()
    for seconds, still in ((9, "pending"), (11, "failed")):
        tunnels.give_up_late(tunnel_id=tunnel.pk, at=timezone.now() + timedelta(seconds=seconds))
        assert legs(tunnel)["relay"] == still
    fleet.answer(letter)
    assert legs(tunnel)["relay"] == "failed"
    assert Command.objects.get(pk=letter.command_id).error_code == "no_answer"


def test_an_answer_that_comes_twice_counts_once(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    (letter,) = fleet.receive()
    fleet.answer(letter)
    ended = list(Command.objects.filter(pk=letter.command_id))
    for _ in range(2):
        tunnels.answered(ended + ended, timezone.now())
    assert (legs(tunnel)["relay"], open_commands()) == ("pushed", 1)


def test_the_late_answer_of_an_old_push_is_ignored(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    (old,) = fleet.receive()
    change(tunnel, admin, status="active")
    fleet.answer(old, error="too late")
    assert legs(tunnel) == dict.fromkeys(ALL, "pending")
    fleet.settle()
    assert (legs(tunnel), status(tunnel)) == (ALL, "active")


def test_no_node_answers_for_another(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    (letter,) = fleet.receive()
    reply = commands.Reply(letter.command_id, fleet.left.pk, success=True)
    tunnels.answered(commands.settle([reply], timezone.now()), timezone.now())
    assert legs(tunnel)["relay"] == "pending"


def test_what_is_no_push_changes_nothing(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    at = timezone.now()
    serves = TunnelLeg.objects.get(tunnel=tunnel, side="relay").pk
    stranger = commands.create(
        who=admin.actor.who,
        node_id=fleet.relay.pk,
        action={"type": "list_edges"},
        expires_at=at + timedelta(seconds=10),
        purpose="tunnel",
        serves=serves,
    )
    commands.give_up(stranger.pk, at, error="no", error_code="no")
    tunnels.answered([Command.objects.get(pk=stranger.pk)], at)
    assert (legs(tunnel), status(tunnel)) == (ALL, "active")


def test_a_node_that_leaves_puts_its_leg_back(fleet: Fleet, tunnel: Tunnel) -> None:
    go(fleet.left)
    assert (legs(tunnel), status(tunnel)) == (ALL | {"ingress": "pending"}, "pending")
    assert open_commands() == 0


def test_a_node_that_leaves_before_it_answered_holds_up_nobody(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    fleet.receive()
    go(fleet.relay)
    fleet.settle()
    assert (legs(tunnel), status(tunnel)) == (ALL | {"relay": "pending"}, "pending")
    assert tunnels.is_decided(Tunnel.objects.get())


@pytest.mark.parametrize("name", ["relay", "left", "right"])
def test_a_node_that_returns_is_told_again_and_it_alone(fleet: Fleet, tunnel: Tunnel, name: str) -> None:
    node = getattr(fleet, name)
    go(node)
    come(node)
    fleet.settle()
    assert fleet.words == [word for word in IN_ORDER if word[0] == fleet.name(node.pk)]
    assert (legs(tunnel), status(tunnel)) == (ALL, "active")


def test_nodes_that_return_together_are_told_in_order(fleet: Fleet, tunnel: Tunnel) -> None:
    go(fleet.left, fleet.right, fleet.relay)
    come(fleet.right, fleet.left, fleet.relay)
    fleet.settle()
    assert (fleet.words, status(tunnel)) == (IN_ORDER, "active")


def test_the_late_farewell_of_an_older_session_changes_nothing(fleet: Fleet, tunnel: Tunnel) -> None:
    come(fleet.left)
    fleet.settle()
    tunnels.node_disconnected([fleet.left.pk], timezone.now())
    assert (legs(tunnel), status(tunnel)) == (ALL, "active")


def test_what_failed_is_tried_again_by_the_clock(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    fleet.settle(right="port in use")
    fleet.forget()
    ticks.retry_tunnels()
    assert fleet.receive() == []
    grow_old()
    ticks.retry_tunnels()
    ticks.retry_tunnels()
    fleet.settle()
    assert (fleet.words, legs(tunnel), status(tunnel)) == ([IN_ORDER[2]], ALL, "active")


def test_the_clock_leaves_alone_who_is_not_there(fleet: Fleet, admin: Person) -> None:
    go(fleet.right)
    tunnel = make(fleet, admin)
    fleet.settle()
    grow_old()
    tried = TunnelLeg.objects.get(tunnel=tunnel, side="egress").tried_at
    ticks.retry_tunnels()
    assert TunnelLeg.objects.get(tunnel=tunnel, side="egress").tried_at == tried


def test_an_answer_that_got_lost_on_the_way_is_asked_for_again(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    commands.expire(timezone.now() + timedelta(seconds=11))
    grow_old()
    TunnelLeg.objects.filter(command_id=None).update(tried_at=None)
    ticks.retry_tunnels()
    fleet.settle()
    assert (fleet.words, status(tunnel)) == (IN_ORDER, "active")


def test_a_change_takes_the_old_one_away_first(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    change(tunnel, admin, ingress_listen_port=9100)
    assert status(tunnel) == "pending"
    fleet.settle()
    assert fleet.words.index(REMOVED[0]) < fleet.words.index(IN_ORDER[1])
    assert fleet.words.index(REMOVED[1]) < fleet.words.index(IN_ORDER[2])
    assert sorted(fleet.words) == sorted(IN_ORDER + REMOVED)
    assert dict(fleet.told)["left"]["tunnel"]["local_addr"] == "0.0.0.0:9100"
    assert (legs(tunnel), status(tunnel)) == (ALL, "active")


@pytest.mark.parametrize("fields", [{"associated_flow_ids": ["f1"]}, {"name": "studio"}, {}])
def test_what_no_node_needs_to_know_is_told_to_none(
    fleet: Fleet, tunnel: Tunnel, admin: Person, fields: dict[str, Any]
) -> None:
    change(tunnel, admin, **fields)
    assert (fleet.receive(), status(tunnel)) == ([], "active")


def test_asking_for_an_active_tunnel_pushes_it_again(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    change(tunnel, admin, status="active")
    fleet.settle()
    assert (fleet.words, status(tunnel)) == (IN_ORDER, "active")


def test_disabled_really_disables(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    change(tunnel, admin, status="disabled")
    fleet.settle()
    assert sorted(fleet.words) == [*REMOVED[:1], ("middle", "revoke_tunnel"), *REMOVED[1:]]
    assert (status(tunnel), legs(tunnel)) == ("disabled", dict.fromkeys(ALL, "pending"))
    grow_old()
    ticks.retry_tunnels()
    go(fleet.left)
    come(fleet.left)
    change(tunnel, admin, name="renamed", status="disabled")
    assert (fleet.receive(), status(tunnel)) == ([], "disabled")


@pytest.mark.parametrize("again", ["pending", "active"])
def test_enabled_again_it_is_pushed(fleet: Fleet, tunnel: Tunnel, admin: Person, again: str) -> None:
    change(tunnel, admin, status="disabled")
    fleet.settle()
    fleet.forget()
    change(tunnel, admin, status=again)
    fleet.settle()
    assert (fleet.words, legs(tunnel), status(tunnel)) == (IN_ORDER, ALL, "active")


def test_an_answer_does_not_bring_a_disabled_tunnel_back(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    (letter,) = fleet.receive()
    change(tunnel, admin, status="disabled")
    fleet.answer(letter)
    fleet.settle()
    assert (status(tunnel), legs(tunnel)) == ("disabled", dict.fromkeys(ALL, "pending"))


def test_an_edge_that_slept_through_the_disabling_is_told_when_it_returns(
    fleet: Fleet, tunnel: Tunnel, admin: Person
) -> None:
    go(fleet.right)
    change(tunnel, admin, status="disabled")
    fleet.settle()
    later = timezone.now() + pushes.WITHDRAWAL_LIVES + timedelta(seconds=1)
    tunnels.answered(commands.expire(later), later)
    fleet.forget()
    come(fleet.right)
    fleet.settle()
    come(fleet.right)
    fleet.settle()
    assert fleet.words == [("right", "delete_tunnel")]


def test_one_marked_as_an_error_is_left_as_it_is(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    change(tunnel, admin, status="error")
    grow_old(status="failed")
    ticks.retry_tunnels()
    come(fleet.left)
    assert (fleet.receive(), status(tunnel)) == ([], "error")


def test_a_removed_tunnel_is_taken_from_every_node(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    go(fleet.right)
    tunnels.delete(actor=admin.actor, pk=tunnel.pk, at=timezone.now())
    assert not Tunnel.objects.exists()
    fleet.settle(left="no such tunnel")
    assert sorted(fleet.words) == [REMOVED[0], ("middle", "revoke_tunnel")]
    come(fleet.right)
    fleet.settle()
    assert fleet.words[-1] == REMOVED[1]


def test_when_a_node_goes_for_good_the_other_ends_hear_of_it(fleet: Fleet, tunnel: Tunnel, admin: Person) -> None:
    tunnels.delete_of_node(node_id=fleet.left.pk, who=admin.actor.who, at=timezone.now())
    fleet.left.delete()
    fleet.settle()
    assert sorted(fleet.words) == [("middle", "revoke_tunnel"), REMOVED[1]]
    assert not Tunnel.objects.exists()


def test_a_node_that_is_denied_the_command_is_not_told(fleet: Fleet, admin: Person) -> None:
    Node.objects.filter(pk=fleet.right.pk).update(denied_commands=["create_tunnel"])
    tunnel = make(fleet, admin)
    fleet.settle()
    assert (fleet.words, status(tunnel)) == (IN_ORDER[:2], "pending")
    assert "denied" in TunnelLeg.objects.get(tunnel=tunnel, side="egress").error


def test_what_failed_right_after_the_clock_looked_is_tried_again_the_next_time(fleet: Fleet, admin: Person) -> None:
    tunnel = make(fleet, admin)
    fleet.settle(right="port in use")
    fleet.forget()
    TunnelLeg.objects.update(tried_at=timezone.now() - timedelta(seconds=29))
    ticks.retry_tunnels()
    fleet.settle()
    assert (fleet.words, status(tunnel)) == ([IN_ORDER[2]], "active")


def test_a_virtual_node_that_is_removed_takes_its_tunnels_from_the_real_ones(
    fleet: Fleet, tunnel: Tunnel, admin: Person
) -> None:
    Node.objects.filter(pk=fleet.left.pk).update(labels={"simulated": "true"})
    assert admin.caller.delete("/api/v1/nodes/simulated").status_code == 204
    fleet.receive()
    assert set(fleet.words) == {("right", "delete_tunnel"), ("middle", "revoke_tunnel")}
    assert JournalEntry.objects.filter(action="tunnel.delete").count() == 1
