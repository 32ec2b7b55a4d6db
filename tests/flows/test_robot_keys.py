"""Robots' keys: made for a robot, shown once, revoked, exchanged, removed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import ApiToken
from devices.models import Node
from rdos.kernel.models import JournalEntry
from tests.flows.story import robot_named
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
KEYS = "/api/v1/robot-api-keys"


def made(admin: Person, **body: Any) -> Any:
    robot_named("bot") if not Node.objects.exists() else None
    answer = admin.caller.post(KEYS, {"robot_id": "bot", "name": "Desk", **body})
    assert answer.status_code == 200, answer.content
    return answer.json()


def works(raw: str) -> bool:
    return bool(Caller(headers={"x-api-key": raw}).post("/api/v1/jobs/claim").status_code == 200)


def test_a_key_is_shown_once_and_works(admin: Person) -> None:
    body = made(admin, description="The one at the door")
    assert works(body["api_key"]) and body["api_key"].startswith("crpa_")
    key = body["key"]
    assert (key["robot_id"], key["robot_name"], key["key_name"], key["status"]) == ("bot", "Bot", "Desk", "active")
    assert key["description"] == "The one at the door"
    shown = admin.caller.get(KEYS).content.decode() + admin.caller.get(f"{KEYS}/{key['id']}").content.decode()
    assert body["api_key"] not in shown and body["api_key"] not in str(list(JournalEntry.objects.values()))


@pytest.mark.parametrize("prefix", ["", "/casare"])
def test_the_list_has_both_dashboards_keys(admin: Person, prefix: str) -> None:
    made(admin)
    body = admin.caller.get(prefix + KEYS).json()
    assert body["keys"] == body["api_keys"] and body["total"] == 1
    wanted = {"id", "robot_id", "robot_name", "key_name", "description", "status", "created_at", "expires_at",
              "last_used_at", "last_used_ip", "key_id", "name", "key_prefix", "revoked"}  # fmt: skip
    assert set(body["keys"][0]) == wanted


def test_filters(admin: Person) -> None:
    raw = made(admin)
    made(admin, expires_at=(timezone.now() + timedelta(days=1)).isoformat())
    ApiToken.objects.exclude(pk=raw["key"]["id"]).update(expires_at=timezone.now() - timedelta(days=1))
    caller = admin.caller
    for word, count in (("active", 1), ("expired", 1), ("revoked", 0), ("nonsense", 0), ("", 2)):
        assert caller.get(f"{KEYS}?status={word}").json()["total"] == count, word
    assert caller.get(f"{KEYS}?robot_id=other").json()["keys"] == []
    # People's own tokens are no robots' keys.
    admin.token()
    assert caller.get(KEYS).json()["total"] == 2


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(admin: Person) -> None:
    body = made(admin)
    pk = body["key"]["id"]
    assert admin.caller.post(f"{KEYS}/{pk}/revoke", {"reason": "lost"}).json() == {"revoked": True, "key_id": pk}
    assert not works(body["api_key"])
    key = admin.caller.get(f"{KEYS}/{pk}").json()
    assert (key["status"], key["revoked"]) == ("revoked", True)
    assert JournalEntry.objects.get(action="token.revoke").details == {"reason": "lost"}


def test_an_exchanged_key_is_for_the_same_robot_and_has_no_end(admin: Person) -> None:
    body = made(admin, expires_in_days=3)
    assert body["key"]["expires_at"] is not None
    answer = admin.caller.post(f"{KEYS}/{body['key']['id']}/rotate", b"", content_type="application/octet-stream")
    new = answer.json()
    assert (new["key"]["key_name"], new["key"]["robot_id"], new["key"]["expires_at"]) == ("Desk (rotated)", "bot", None)
    assert works(new["api_key"]) and not works(body["api_key"])
    again = admin.caller.post(f"{KEYS}/{new['key']['id']}/rotate").json()
    assert again["key"]["key_name"] == "Desk (rotated)"


def test_a_removed_key_is_gone_and_opens_nothing(admin: Person) -> None:
    body = made(admin)
    pk = body["key"]["id"]
    assert admin.caller.delete(f"{KEYS}/{pk}").json() == {"deleted": True, "key_id": pk}
    assert not works(body["api_key"]) and admin.caller.get(f"{KEYS}/{pk}").status_code == 404
    assert admin.caller.delete(f"{KEYS}/{pk}").status_code == 404


def test_a_key_without_a_robot_is_for_one_that_is_to_come(admin: Person) -> None:
    body = made(admin, robot_id=None, name="Robot in hall 3")
    assert body["key"]["robot_id"] == "robot-in-hall-3" and works(body["api_key"])
    assert Node.objects.filter(key="robot-in-hall-3").exists()
    second = made(admin, robot_id=None, name="Robot in hall 3")
    assert second["key"]["robot_id"].startswith("robot-in-hall-3-")


def test_nobody_comes_to_speak_for_a_node_by_choosing_its_name(admin: Person) -> None:
    Node.objects.create(key="edge-1", name="Edge 1")
    assert made(admin, robot_id=None, name="edge 1")["key"]["robot_id"] != "edge-1"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"robot_id": "nobody", "name": "a"}, 404, "nobody"),
        ({"robot_id": "no body", "name": "a"}, 400, "robot_id"),
        ({"robot_id": "bot"}, 400, "name"),
        ({"robot_id": "bot", "name": ""}, 400, "name"),
        ({"robot_id": "bot", "name": "x" * 256}, 400, "name"),
        ({"robot_id": "bot", "name": "a", "expires_at": "2001-01-01T00:00:00Z"}, 400, "expires_at"),
        ({"robot_id": "bot", "name": "a", "expires_in_days": 0}, 400, "expires_in_days"),
        ({"robot_id": "bot", "name": "a", "expires_in_days": 1, "expires_at": "2099-01-01T00:00:00Z"}, 400, "either"),
    ],
)
def test_what_cannot_be_a_key_is_refused(admin: Person, body: dict[str, Any], status: int, field: str) -> None:
    robot_named("bot")
    answer = admin.caller.post(KEYS, body)
    assert (answer.status_code, field in answer.content.decode().lower()) == (status, True)


def test_other_peoples_tokens_are_not_there(admin: Person, viewer: Person) -> None:
    viewer.token()
    pk = ApiToken.objects.get().pk
    for path, method in (("", "get"), ("", "delete"), ("/revoke", "post"), ("/rotate", "post")):
        assert getattr(admin.caller, method)(f"{KEYS}/{pk}{path}").status_code == 404
    assert admin.caller.get(f"{KEYS}/{uuid4()}").status_code == 404
