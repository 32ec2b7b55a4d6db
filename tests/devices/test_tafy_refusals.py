"""What Tafy's clients hear when they are refused: the types of its contract, and the fields they are about."""

from typing import Any

import pytest

from devices.models import Node
from tests.devices.tafy import DEVICES, NEW, made, one, problem
from tests.people import Person

pytestmark = pytest.mark.django_db
LONG = "x" * 256


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("id", "", "string_too_short"),
        ("id", "x" * 65, "string_too_long"),
        ("id", 7, "string_type"),
        ("id", None, "string_type"),
        *(("id", key, "string_pattern_mismatch") for key in ("a.b", "a b", "*", ">", "ä", "a/b", "a\n", " a")),
        ("name", "", "string_too_short"),
        ("name", LONG, "string_too_long"),
        ("name", 7, "string_type"),
        ("name", True, "string_type"),
        ("name", None, "string_type"),
        ("type", "", "string_too_short"),
        ("type", "x" * 65, "string_too_long"),
        ("type", 1.5, "string_type"),
        ("type", None, "string_type"),
        ("capabilities", [], "dict_type"),
        ("capabilities", ["motor"], "dict_type"),
        ("capabilities", "motor", "dict_type"),
        ("capabilities", None, "dict_type"),
        ("device_metadata", [], "dict_type"),
        ("device_metadata", None, "dict_type"),
        ("ip_address", 7, "string_type"),
        ("mac_address", ["a"], "string_type"),
    ],
)
def test_a_wrong_field_is_named_with_its_fault(operator: Person, field: str, value: Any, kind: str) -> None:
    assert problem(operator.caller.post(DEVICES, NEW | {field: value})) == (kind, ["body", field])
    assert Node.objects.count() == 0


@pytest.mark.parametrize("field", ["id", "name", "type"])
def test_a_missing_field_is_named(operator: Person, field: str) -> None:
    body = {name: value for name, value in NEW.items() if name != field}
    assert problem(operator.caller.post(DEVICES, body)) == ("missing", ["body", field])


def test_every_fault_is_told_at_once(operator: Person) -> None:
    details = operator.caller.post(DEVICES, {"name": 7, "capabilities": []}).json()["details"]
    assert {(detail["type"], detail["loc"][1]) for detail in details} == {
        ("missing", "id"),
        ("missing", "type"),
        ("string_type", "name"),
        ("dict_type", "capabilities"),
    }
    assert {detail["loc"][1]: detail["input"] for detail in details}["name"] == 7


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("name", None, "string_type"),
        ("name", "", "string_too_short"),
        ("name", LONG, "string_too_long"),
        ("name", 7, "string_type"),
        ("status", None, "enum"),
        ("status", "", "enum"),
        ("status", "Online", "enum"),
        ("status", "broken", "enum"),
        ("status", 7, "enum"),
        ("capabilities", None, "dict_type"),
        ("capabilities", [], "dict_type"),
        ("device_metadata", None, "dict_type"),
        ("device_metadata", "x", "dict_type"),
        ("ip_address", 7, "string_type"),
    ],
)
def test_a_wrong_patch_is_refused_and_poisons_nothing(operator: Person, field: str, value: Any, kind: str) -> None:
    before = made(operator)
    assert problem(operator.caller.patch(one(), {field: value})) == (kind, ["body", field])
    assert operator.caller.get(one()).json() == before
    assert operator.caller.get(DEVICES).json()["devices"] == [before]


@pytest.mark.parametrize(
    ("body", "media_type", "kind"),
    [
        ('{"id": ', "application/json", "json_invalid"),
        ("", "application/json", "missing"),
        ("[]", "application/json", "dict_type"),
        ('"text"', "application/json", "dict_type"),
        ("null", "application/json", "dict_type"),
        ("id=a&name=b&type=c", "application/x-www-form-urlencoded", "model_attributes_type"),
        ('{"id": "a"}', "text/plain", "model_attributes_type"),
    ],
)
def test_what_is_no_object_of_json_is_refused(operator: Person, body: str, media_type: str, kind: str) -> None:
    found = problem(operator.caller.post(DEVICES, body, media_type))
    assert found[0] == kind and found[1][0] == "body"


def test_metadata_that_is_too_large_is_named_by_its_own_name(operator: Person) -> None:
    response = operator.caller.post(DEVICES, NEW | {"device_metadata": {"x": "y" * 70_000}})
    assert problem(response) == ("value_error", ["body", "device_metadata"])


@pytest.mark.parametrize("key", ["nobody", "a.b", "*", "x" * 300, "%00", "a%20b"])
def test_a_device_that_is_not_there(operator: Person, key: str) -> None:
    absent = {"error": "Device not found", "status_code": 404}
    for answer in (
        operator.caller.get(one(key)),
        operator.caller.patch(one(key), {"name": "x"}),
        operator.caller.post(one(key, "claim")),
    ):
        assert (answer.status_code, answer.json()) == (404, absent)


def test_what_is_wrong_is_told_before_who_is_not_there(operator: Person) -> None:
    assert problem(operator.caller.patch(one("nobody"), {"name": 1})) == ("string_type", ["body", "name"])
    assert problem(operator.caller.post(one("nobody", "command"), "[]")) == ("dict_type", ["body"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *((method, path) for method in ("DELETE", "PUT") for path in (DEVICES, one(), one(verb="claim"))),
        *(("HEAD", path) for path in (DEVICES, one(), "/tafy/health", "/tafy/api/v1/flows/")),
        ("GET", one(verb="claim")),
        ("PATCH", DEVICES),
        ("POST", one()),
    ],
)
def test_other_methods_are_not_allowed(operator: Person, method: str, path: str) -> None:
    made(operator)
    response = operator.caller.generic(method, path, "{}", "application/json")
    assert response.status_code == 405
    assert method == "HEAD" or response.json() == {"error": "Method Not Allowed", "status_code": 405}


def test_the_same_at_the_root_in_the_hubs_own_words(operator: Person) -> None:
    root = "/api/v1/devices"
    assert operator.caller.post(root, NEW).status_code == 200
    assert operator.caller.get(f"{root}/nobody").json() == {"detail": "Device not found", "code": "device_not_found"}
    refused = operator.caller.post(root, NEW | {"name": 7})
    assert (refused.status_code, refused.json()["code"], list(refused.json()["errors"])) == (400, "invalid", ["name"])
    assert operator.caller.get(f"{root}?status=x").json()["code"] == "invalid_query"
