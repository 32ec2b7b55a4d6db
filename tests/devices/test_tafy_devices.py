"""Devices as Tafy's clients know them: shapes, words, enumerations and refusals of its contract (tafy.md, §1)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from devices.choices import NodeStatus
from devices.models import BusNode, Node
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.devices.tafy import DEVICES, KEYS, NEW, STATUSES, made, one, problem
from tests.people import MakePerson, Person

pytestmark = pytest.mark.django_db
# --- What is answered -------------------------------------------------------------------------------------------------


def test_a_device_has_all_of_its_keys_and_begins_as_discovered(operator: Person) -> None:
    device = made(operator)
    assert list(device) == KEYS
    assert {name: device[name] for name in NEW} == NEW
    assert (device["status"], device["claimed"]) == ("discovered", False)
    for name in ("last_seen", "created_at", "updated_at"):
        assert device[name].endswith("Z")
    assert device["created_at"] <= device["updated_at"]
    assert operator.caller.get(one()).json() == device


def test_only_three_fields_are_needed_and_unknown_ones_are_ignored(operator: Person) -> None:
    response = operator.caller.post(DEVICES, {"id": "bare", "name": "Bare", "type": "pi", "location": "hall"})
    device = response.json()
    assert response.status_code == 200
    assert (device["capabilities"], device["device_metadata"]) == ({}, {})
    assert (device["ip_address"], device["mac_address"]) == (None, None)
    assert "location" not in device


def test_both_forms_of_a_path_are_answered_without_a_redirect(operator: Person) -> None:
    for path in (DEVICES, DEVICES.rstrip("/")):
        assert operator.caller.post(path, NEW).status_code == 200
        assert operator.caller.get(path).json()["total"] == 1
    for path in (one(), one() + "/"):
        assert operator.caller.get(path).status_code == 200


@pytest.mark.parametrize("kind", ["esp32", "pi", "jetson", "unknown", "x86", "other", "x" * 64])
def test_the_type_is_free_text(operator: Person, kind: str) -> None:
    assert made(operator, type=kind)["type"] == kind
    node = Node.objects.get(key="test-device-001")
    assert node.device_type == ("esp32" if kind == "esp32" else "generic")


@pytest.mark.parametrize("prefix", ["", "/tafy"])
def test_the_list_has_a_total_and_the_order_of_coming(operator: Person, prefix: str) -> None:
    assert operator.caller.get(f"{prefix}/api/v1/devices").json() == {"devices": [], "total": 0}
    devices = [made(operator, id=key) for key in ("zeta", "alpha", "mid")]
    made(operator, id="zeta", name="Again")
    told.node("an-edge")
    listed = operator.caller.get(f"{prefix}/api/v1/devices").json()
    assert listed["total"] == 3
    assert [device["id"] for device in listed["devices"]] == ["zeta", "alpha", "mid"]
    assert listed["devices"][1:] == devices[1:]


def test_the_list_takes_one_question_however_long_it_is(operator: Person, django_assert_num_queries: Any) -> None:
    caller = operator.caller
    for number in range(51):
        made(operator, id=f"device-{number}")
    # Who asks, and what there is.
    with django_assert_num_queries(2):
        assert caller.get(DEVICES).json()["total"] == 51


@pytest.mark.parametrize("status", STATUSES)
def test_the_list_is_filtered_by_each_status(operator: Person, status: str) -> None:
    for word in STATUSES:
        made(operator, id=word)
        assert operator.caller.patch(one(word), {"status": word}).json()["status"] == word
    listed = operator.caller.get(f"{DEVICES}?status={status}").json()
    assert ([device["id"] for device in listed["devices"]], listed["total"]) == ([status], 1)


@pytest.mark.parametrize("word", ["", "Online", "pending", "degraded", "all", "online,offline"])
def test_any_other_status_is_refused(operator: Person, word: str) -> None:
    assert problem(operator.caller.get(f"{DEVICES}?status={word}")) == ("enum", ["query", "status"])


def test_a_refused_status_is_told_which_there_are(operator: Person) -> None:
    for answer in (operator.caller.get(f"{DEVICES}?status=Online"), operator.caller.patch(one(), {"status": None})):
        sentence = "Input should be one of these: discovered, claimed, online, offline, error."
        assert answer.json()["details"][0]["msg"] == sentence


def test_states_that_tafy_does_not_know_have_its_words(operator: Person) -> None:
    made(operator)
    Node.objects.update(status=NodeStatus.DEGRADED)
    assert operator.caller.get(one()).json()["status"] == "online"
    assert operator.caller.get(f"{DEVICES}?status=online").json()["total"] == 1


# --- Made again -------------------------------------------------------------------------------------------------------


def test_the_same_id_again_begins_anew_but_stays_claimed(operator: Person) -> None:
    first = made(operator)
    operator.caller.post(one(verb="claim"))
    operator.caller.patch(one(), {"status": "online", "name": "Renamed"})
    again = operator.caller.post(DEVICES, {"id": NEW["id"], "name": "New", "type": "pi"}).json()
    assert (again["status"], again["claimed"], again["created_at"]) == ("discovered", True, first["created_at"])
    assert (again["name"], again["type"], again["capabilities"], again["mac_address"]) == ("New", "pi", {}, None)
    assert again["updated_at"] > first["updated_at"]
    assert Node.objects.count() == BusNode.objects.count() == 1


def test_a_node_that_is_not_of_the_bus_is_never_taken_over(operator: Person) -> None:
    node = told.node("venue")
    response = operator.caller.post(DEVICES, NEW | {"id": "venue"})
    assert response.status_code == 409
    assert response.json() == {
        "error": "venue is a node of this hub that is not of the bus.",
        "status_code": 409,
    }
    before = node.name, node.device_type, node.session_id
    node.refresh_from_db()
    assert (node.name, node.device_type, node.session_id) == before
    for answer in (
        operator.caller.get(one("venue")),
        operator.caller.patch(one("venue"), {"name": "Mine"}),
        operator.caller.post(one("venue", "claim")),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "Device not found")


# --- Changed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Renamed"),
        ("capabilities", {"camera": ["mjpeg"], "deep": {"a": [1.0, None, {"b": "ä"}]}}),
        ("device_metadata", {"room": 3}),
        ("ip_address", "10.0.0.9"),
        ("ip_address", None),
        *(("status", word) for word in STATUSES),
    ],
)
def test_a_patch_changes_what_it_names_and_leaves_the_rest(operator: Person, field: str, value: Any) -> None:
    before = made(operator)
    after = operator.caller.patch(one(), {field: value}).json()
    assert after[field] == value
    same = [name for name in KEYS if name not in (field, "updated_at", "last_seen")]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert operator.caller.get(one()).json() == after


@pytest.mark.parametrize("field", ["id", "type", "mac_address", "claimed", "created_at", "last_seen", "strange"])
def test_what_a_patch_cannot_change_is_ignored(operator: Person, field: str) -> None:
    before = made(operator)
    after = operator.caller.patch(one(), {field: None}).json()
    assert after == before | {"updated_at": after["updated_at"]}


def test_an_empty_patch_moves_the_time_of_the_last_change(operator: Person) -> None:
    before = made(operator)
    after = operator.caller.patch(one(), {}).json()
    assert after["updated_at"] > before["updated_at"]
    assert after | {"updated_at": 0} == before | {"updated_at": 0}


@pytest.mark.parametrize("word", STATUSES)
def test_only_online_is_a_sign_of_life(operator: Person, word: str) -> None:
    made(operator)
    old = timezone.now() - timedelta(hours=1)
    Node.objects.update(last_seen_at=old)
    seen = parse_datetime(operator.caller.patch(one(), {"status": word}).json()["last_seen"])
    assert seen is not None and (seen > old) == (word == "online")


# --- Claimed ----------------------------------------------------------------------------------------------------------


def test_claiming_is_repeatable(operator: Person) -> None:
    made(operator)
    for _ in range(2):
        response = operator.caller.post(one(verb="claim"))
        assert (response.status_code, response.json()["claimed"], response.json()["status"]) == (200, True, "claimed")
    assert operator.caller.get(one()).json()["status"] == "claimed"
    assert JournalEntry.objects.filter(action="node.claim").count() == 1


@pytest.mark.parametrize("word", ["online", "offline", "error"])
def test_whoever_is_there_is_claimed_and_stays_what_it_is(operator: Person, word: str) -> None:
    made(operator)
    operator.caller.patch(one(), {"status": word})
    answer = operator.caller.post(one(verb="claim")).json()
    assert (answer["claimed"], answer["status"]) == (True, "claimed")
    device = operator.caller.get(one()).json()
    assert (device["claimed"], device["status"]) == (True, word)


def test_the_journal_says_who(operator: Person) -> None:
    made(operator)
    operator.caller.patch(one(), {"name": "Renamed"})
    operator.caller.post(one(verb="claim"))
    entries = JournalEntry.objects.filter(object_kind="node").order_by("id")
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        (action, str(operator.id)) for action in ("node.register", "node.update", "node.claim")
    ]
    assert (entries[1].before, entries[1].after) == ({"name": "Test Robot"}, {"name": "Renamed"})


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_who_is_limited_to_nodes_sees_those_only(operator: Person, make_person: MakePerson) -> None:
    made(operator, id="seen"), made(operator, id="unseen")
    seen = Node.objects.get(key="seen")
    limited = make_person("lena", "operator", allowed_node_ids=[str(seen.pk)])
    assert [device["id"] for device in limited.caller.get(DEVICES).json()["devices"]] == ["seen"]
    assert limited.caller.get(one("unseen")).status_code == 404
    assert limited.caller.post(one("unseen", "claim")).status_code == 404
    assert limited.caller.post(DEVICES, NEW | {"id": "unseen"}).status_code == 403
    assert limited.caller.post(DEVICES, NEW | {"id": "new"}).status_code == 403
    assert limited.caller.post(DEVICES, NEW | {"id": "seen"}).status_code == 200


def test_a_viewer_reads_only(viewer: Person, operator: Person) -> None:
    made(operator)
    assert viewer.caller.get(DEVICES).json()["total"] == 1
    for answer in (
        viewer.caller.post(DEVICES, NEW),
        viewer.caller.patch(one(), {"name": "x"}),
        viewer.caller.post(one(verb="claim")),
    ):
        assert answer.status_code == 403
