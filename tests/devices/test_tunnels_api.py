"""Tunnels at the door: who may, what is answered, and what is refused by name."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from devices.models import Tunnel
from rdos.kernel.models import JournalEntry
from tests.devices.tunnelling import TUNNELS, Fleet, node
from tests.people import MakePerson, Person

SUMMARY = {
    "id", "name", "protocol", "mode", "ingress_node_id", "ingress_listen_port", "egress_node_id",
    "egress_forward_addr", "egress_peer_addr", "relay_addr", "relay_node_id", "status", "associated_flow_ids",
    "ingress_push_status", "egress_push_status", "relay_push_status", "ingress_push_error", "egress_push_error",
    "relay_push_error", "ingress_node_name", "egress_node_name",
}  # fmt: skip
WHOLE = SUMMARY - {"ingress_node_name", "egress_node_name"} | {"created_at", "updated_at"}


@pytest.fixture
def fleet(db: None) -> Fleet:
    return Fleet(connected=False)


def place(answer: Any) -> str:
    return f"{TUNNELS}/{answer.json()['id']}"


@pytest.mark.django_db(transaction=True)
def test_the_maker_hears_that_all_nodes_are_told(admin: Person) -> None:
    fleet = Fleet()
    with fleet.listening():
        answer = admin.caller.post(TUNNELS, fleet.body())
    body = answer.json()
    assert (answer.status_code, set(body), body["status"]) == (200, WHOLE, "active")
    assert {body[f"{side}_push_status"] for side in ("relay", "ingress", "egress")} == {"pushed"}


@pytest.mark.django_db(transaction=True)
def test_the_maker_hears_which_node_refused(admin: Person) -> None:
    fleet = Fleet()
    with fleet.listening(left="port in use"):
        answer = admin.caller.post("/bilbycast" + TUNNELS, fleet.body())
    body = answer.json()
    assert (answer.status_code, body["status"], body["warnings"]) == (200, "pending", ["Ingress: port in use"])
    assert (body["ingress_push_status"], body["ingress_push_error"]) == ("failed", "port in use")


@pytest.mark.django_db(transaction=True)
def test_whoever_changes_one_waits_as_well(admin: Person) -> None:
    fleet = Fleet()
    with fleet.listening():
        made = admin.caller.post(TUNNELS, fleet.body())
        answer = admin.caller.put(place(made), {"egress_forward_addr": "[::1]:7001"})
    assert (answer.json()["status"], answer.json()["egress_forward_addr"]) == ("active", "[::1]:7001")
    assert fleet.told[-1][1]["tunnel"]["local_addr"] == "[::1]:7001"


@pytest.mark.parametrize("accent", ["", "/bilbycast", "/casare", "/tafy", "/nodetool"])
def test_its_status_and_envelope_are_the_same_in_every_accent(admin: Person, fleet: Fleet, accent: str) -> None:
    made = admin.caller.post(accent + TUNNELS, fleet.body())
    assert made.status_code == 200
    (row,) = admin.caller.get(accent + TUNNELS).json()["tunnels"]
    assert (set(row), row["ingress_node_name"], row["egress_node_name"]) == (SUMMARY, "Left", "Right")
    gone = admin.caller.delete(accent + place(made))
    assert (gone.status_code, gone.json()) == (200, {"deleted": True})
    assert admin.caller.get(accent + place(made)).status_code == 404


def test_nodes_that_are_not_there_are_named_in_warnings(admin: Person, fleet: Fleet) -> None:
    body = admin.caller.post(TUNNELS, fleet.body(associated_flow_ids=["f1"])).json()
    assert body["warnings"] == [f"{side}: node is not connected" for side in ("Relay", "Ingress", "Egress")]
    assert (body["status"], body["relay_push_status"], body["associated_flow_ids"]) == ("pending", "failed", ["f1"])


def test_a_direct_tunnel_says_nothing_of_a_relay(admin: Person, fleet: Fleet) -> None:
    body = admin.caller.post(TUNNELS, fleet.direct()).json()
    assert {body[name] for name in body if name.startswith("relay_")} == {None}
    assert (body["egress_peer_addr"], len(body["warnings"])) == ("198.51.100.7:4433", 2)


def test_disabling_is_answered_at_once_and_without_warnings(admin: Person, fleet: Fleet) -> None:
    made = admin.caller.post(TUNNELS, fleet.body())
    body = admin.caller.put(place(made), {"status": "disabled"}).json()
    assert (body["status"], body["relay_push_status"], "warnings" in body) == ("disabled", None, False)


def test_a_change_leaves_the_nodes_what_they_are(admin: Person, fleet: Fleet) -> None:
    made = admin.caller.post(TUNNELS, fleet.body())
    other = node("other", connected=False)
    body = admin.caller.put(place(made), {"name": "renamed", "ingress_node_id": str(other.pk)}).json()
    assert (body["name"], body["ingress_node_id"]) == ("renamed", str(fleet.left.pk))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 129}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"protocol": "sctp"}, "protocol"),
        ({"mode": "magic"}, "mode"),
        ({"ingress_listen_port": 0}, "ingress_listen_port"),
        ({"ingress_listen_port": 65536}, "ingress_listen_port"),
        ({"egress_forward_addr": "host.example:7000"}, "egress_forward_addr"),
        ({"egress_forward_addr": "127.0.0.1"}, "egress_forward_addr"),
        ({"egress_forward_addr": "::1:7000"}, "egress_forward_addr"),
        ({"egress_forward_addr": "127.0.0.1:0"}, "egress_forward_addr"),
        ({"relay_addr": None}, "relay_addr"),
        ({"relay_addr": "relay"}, "relay_addr"),
        ({"relay_addr": "r:" + "1" * 256}, "relay_addr"),
        ({"relay_node_id": None}, "relay_node_id"),
        ({"relay_node_id": str(uuid4())}, "relay_node_id"),
        ({"ingress_node_id": str(uuid4())}, "ingress_node_id"),
        ({"egress_node_id": "x"}, "egress_node_id"),
        ({"mode": "direct"}, "egress_peer_addr"),
        ({"mode": "direct", "egress_peer_addr": "peer:port"}, "egress_peer_addr"),
        ({"associated_flow_ids": "f1"}, "associated_flow_ids"),
    ],
)
def test_what_cannot_be_is_refused_by_name(admin: Person, fleet: Fleet, change: dict[str, Any], field: str) -> None:
    answer = admin.caller.post(TUNNELS, fleet.body(**change))
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})
    assert not Tunnel.objects.exists()


@pytest.mark.parametrize(
    "named",
    [
        lambda fleet: {"egress_node_id": str(fleet.left.pk)},
        lambda fleet: {"egress_node_id": str(fleet.relay.pk), "relay_node_id": str(fleet.right.pk)},
        lambda fleet: {"relay_node_id": str(fleet.left.pk)},
    ],
    ids=["one node twice", "a relay at an end", "an edge between"],
)
def test_every_node_must_fit_its_place(admin: Person, fleet: Fleet, named: Callable[[Fleet], dict[str, str]]) -> None:
    assert admin.caller.post(TUNNELS, fleet.body(**named(fleet))).status_code == 400


def test_in_the_managers_own_words_a_missing_field_is_not_a_broken_rule(admin: Person, fleet: Fleet) -> None:
    shapeless = {name: value for name, value in fleet.body().items() if name != "protocol"}
    assert admin.caller.post("/bilbycast" + TUNNELS, shapeless).status_code == 422
    assert admin.caller.post("/bilbycast" + TUNNELS, fleet.body(relay_addr=None)).status_code == 400
    assert admin.caller.post("/bilbycast" + TUNNELS, fleet.body(ingress_node_id=str(uuid4()))).status_code == 400


@pytest.mark.parametrize("change", [{"relay_addr": None}, {"name": ""}, {"status": "gone"}, {"ingress_listen_port": 0}])
def test_a_change_is_held_to_the_same_rules(admin: Person, fleet: Fleet, change: dict[str, Any]) -> None:
    made = admin.caller.post(TUNNELS, fleet.body())
    answer = admin.caller.put(place(made), change)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(change))


def test_roles_decide_who_looks_and_who_changes(admin: Person, operator: Person, viewer: Person, fleet: Fleet) -> None:
    made = admin.caller.post(TUNNELS, fleet.body())
    here = f"/api/v1/nodes/{fleet.left.pk}/tunnels"
    for path in (TUNNELS, place(made), here):
        assert (operator.caller.get(path).status_code, viewer.caller.get(path).status_code) == (200, 403)
    assert operator.caller.post(TUNNELS, fleet.body()).status_code == 403
    assert operator.caller.put(place(made), {"name": "mine"}).status_code == 403
    assert operator.caller.delete(place(made)).status_code == 403


@pytest.mark.parametrize("hidden", ["left", "right", "relay"])
def test_a_tunnel_with_a_node_one_does_not_see_does_not_exist(
    admin: Person, fleet: Fleet, make_person: MakePerson, hidden: str
) -> None:
    made = admin.caller.post(TUNNELS, fleet.body())
    ids = {name: getattr(fleet, name).pk for name in ("left", "right", "relay")}
    limited = make_person("lena", Role.ADMIN, allowed_node_ids=[pk for name, pk in ids.items() if name != hidden])
    denied = make_person("dirk", Role.ADMIN, denied_node_ids=[ids[hidden]])
    for person in (limited, denied):
        assert person.caller.get(TUNNELS).json() == {"tunnels": []}
        answers = [
            person.caller.get(place(made)),
            person.caller.put(place(made), {}),
            person.caller.delete(place(made)),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert person.caller.post(TUNNELS, fleet.body()).status_code == 403
        assert person.caller.get(f"/api/v1/nodes/{ids[hidden]}/tunnels").status_code == 403


def test_a_node_lists_the_tunnels_it_has_part_in(admin: Person, fleet: Fleet) -> None:
    made = [admin.caller.post(TUNNELS, body).json()["id"] for body in (fleet.body(), fleet.direct())]
    for name, expected in (("left", made[::-1]), ("right", made[::-1]), ("relay", made[:1])):
        rows = admin.caller.get(f"/api/v1/nodes/{getattr(fleet, name).pk}/tunnels").json()["tunnels"]
        assert [row["id"] for row in rows] == expected
    assert admin.caller.get(f"/api/v1/nodes/{uuid4()}/tunnels").status_code == 404


def test_a_longer_list_asks_no_more_questions(admin: Person, fleet: Fleet) -> None:
    asked = []
    for _ in range(2):
        admin.caller.post(TUNNELS, fleet.body())
        with CaptureQueriesContext(connection) as queries:
            admin.caller.get(TUNNELS)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_journal_tells_who_did_what_and_no_secret(admin: Person, fleet: Fleet) -> None:
    made = admin.caller.post(TUNNELS, fleet.body())
    admin.caller.put(place(made), {"ingress_listen_port": 9001, "status": "disabled"})
    admin.caller.delete(place(made))
    entries = JournalEntry.objects.filter(action__startswith="tunnel.").order_by("id")
    assert [(entry.action, entry.actor_label) for entry in entries] == [
        ("tunnel.create", "alice"), ("tunnel.update", "alice"), ("tunnel.delete", "alice"),
    ]  # fmt: skip
    assert entries[1].after == {"ingress_listen_port": 9001, "status": "disabled"}
    assert not [entry for entry in entries if "v1:" in str(vars(entry))]
