"""What clients of Tafy's hub ask of the system itself, in their accent and at the root."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import psutil
import pytest
from django.conf import settings as hub
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from rdos import __version__
from rdos.backups import keeping, tasks
from rdos.kernel.models import Backup, HubLine, JournalEntry
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db

LAN = {"REMOTE_ADDR": "192.168.7.7"}
INFO = {
    "version": str,
    "hostname": str,
    "platform": str,
    "python_version": str,
    "uptime_seconds": float,
    "memory_usage_mb": float,
    "cpu_percent": float,
    "nats_connected": bool,
    "redis_connected": bool,
    "database_connected": bool,
}


@pytest.fixture
def device(settings: Settings) -> Caller:
    """Without any credential, from a network that is let in."""
    settings.OPEN_LAN = [ip_network("192.168.0.0/16")]
    return Caller()


@pytest.mark.parametrize("path", ["/api/v1/system/info", "/tafy/api/v1/system/info", "/tafy/api/v1/system/info/"])
def test_the_system_tells_what_it_is(device: Caller, path: str) -> None:
    answer = device.get(path, **LAN)
    assert answer.status_code == 200
    told = answer.json()
    assert {name: type(value) for name, value in told.items()} == INFO
    assert told["version"] == __version__ and told["uptime_seconds"] >= 0
    assert 0 < told["memory_usage_mb"] < psutil.virtual_memory().total / 2**20
    assert told["nats_connected"] and told["redis_connected"] and told["database_connected"]


def test_it_says_what_is_not_connected(device: Caller, settings: Settings) -> None:
    settings.NATS_URL, settings.REDIS_URL = "nats://127.0.0.1:1", "redis://127.0.0.1:1/0"
    told = device.get("/tafy/api/v1/system/info", **LAN).json()
    assert (told["nats_connected"], told["redis_connected"], told["database_connected"]) == (False, False, True)


def test_health_is_a_200_whatever_it_says(device: Caller, settings: Settings) -> None:
    well = device.get("/tafy/api/v1/system/health", **LAN)
    assert well.status_code == 200
    told = well.json()
    at = datetime.fromisoformat(told.pop("timestamp"))
    assert abs(timezone.now() - at) < timedelta(minutes=1) and at.tzinfo == UTC
    checks = {"nats": True, "api": True, "redis": True, "database": True}
    assert told == {"status": "healthy", "version": __version__, "checks": checks}
    settings.NATS_URL = "nats://127.0.0.1:1"
    ill = device.get("/tafy/api/v1/system/health/", **LAN)
    assert (ill.status_code, ill.json()["status"]) == (200, "degraded")
    assert ill.json()["checks"] == checks | {"nats": False}


@pytest.mark.parametrize("what", ["info", "health", "logs"])
def test_another_method_is_refused_in_the_accent(device: Caller, what: str) -> None:
    answer = device.post(f"/tafy/api/v1/system/{what}", {}, **LAN)
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed", "status_code": 405})


# --- Log lines ---


@pytest.fixture
def logged() -> None:
    at = datetime(2026, 5, 1, 12, 0, 0, 250000, UTC)
    rows = (
        ("info", "rdos.requests", "first", {}),
        ("warning", "rdos.bus", "second", {"node_id": 7}),
        ("info", "rdos.bus", "third", {}),
        ("error", "rdos.nodes", "fourth", {}),
    )
    for number, (level, module, message, metadata) in enumerate(rows):
        when = at + timedelta(seconds=number)
        HubLine.objects.create(at=when, level=level, module=module, message=message, metadata=metadata)


def messages(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [line["message"] for line in answer.json()]


def test_lines_are_a_bare_array_newest_first(admin: Person, logged: None) -> None:
    for path in ("/api/v1/system/logs", "/tafy/api/v1/system/logs", "/tafy/api/v1/system/logs/"):
        answer = admin.caller.get(path)
        assert messages(answer) == ["fourth", "third", "second", "first"]
        assert answer.json()[2] == {
            "timestamp": "2026-05-01T12:00:01.250000Z",
            "level": "warning",
            "module": "rdos.bus",
            "message": "second",
            "metadata": {"node_id": 7},
        }


def test_lines_are_filtered_by_level_and_module_exactly(admin: Person, logged: None) -> None:
    ask = admin.caller.get
    assert messages(ask("/tafy/api/v1/system/logs?level=info")) == ["third", "first"]
    assert messages(ask("/tafy/api/v1/system/logs?module=rdos.bus")) == ["third", "second"]
    assert messages(ask("/tafy/api/v1/system/logs?module=rdos")) == []
    assert messages(ask("/tafy/api/v1/system/logs?module=rdos.bus&level=info&limit=1")) == ["third"]
    assert messages(ask("/tafy/api/v1/system/logs?limit=2")) == ["fourth", "third"]


BAD = [("level", "loud"), ("level", ""), ("limit", "0"), ("limit", "1001"), ("limit", "many")]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_question_is_a_422_that_names_the_field(admin: Person, name: str, value: str) -> None:
    answer = admin.caller.get(f"/tafy/api/v1/system/logs?{name}={value}")
    assert answer.status_code == 422
    assert answer.json()["error"] == "Validation failed"
    assert answer.json()["details"][0]["loc"] == ["query", name]


def test_the_open_network_reads_what_is_about_the_bus(device: Caller, logged: None) -> None:
    assert messages(device.get("/tafy/api/v1/system/logs", **LAN)) == ["third", "second"]
    assert messages(device.get("/tafy/api/v1/system/logs?module=rdos.nodes", **LAN)) == []


def test_no_traceback_is_told_to_the_open_network(admin: Person, device: Caller) -> None:
    facts = {"exception": "Traceback (most recent call last): ...", "node_id": 7}
    HubLine.objects.create(at=timezone.now(), level="error", module="rdos.bus", message="It broke", metadata=facts)
    assert admin.caller.get("/tafy/api/v1/system/logs").json()[0]["metadata"] == facts
    assert device.get("/tafy/api/v1/system/logs", **LAN).json()[0]["metadata"] == {"node_id": 7}


# --- Backups ---


@pytest.fixture
def broker() -> Iterator[Redis]:
    with Redis.from_url(hub.REDIS_URL) as redis:
        yield redis


def tasks_sent(broker: Redis) -> list[str]:
    return [json.loads(letter)["headers"]["task"] for letter in broker.lrange("default", 0, -1)]  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/v1/system/backup", "/tafy/api/v1/system/backup", "/tafy/api/v1/system/backup/"])
def test_a_backup_is_begun_and_handed_to_a_worker(admin: Person, broker: Redis, path: str) -> None:
    answer = admin.caller.post(path)
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"status", "backup_id", "message"} and told["status"] == "initiated"
    assert re.fullmatch(r"backup-\d{8}-\d{6}", told["backup_id"])
    row = Backup.objects.get(name=told["backup_id"])
    assert (row.status, row.begun_at, row.created_by_label) == ("running", None, "alice")
    assert tasks_sent(broker) == ["rdos.backups.tasks.make"]
    entry = JournalEntry.objects.get(action="backup.begun")
    assert (entry.actor_label, entry.object_label) == ("alice", row.name)


@pytest.mark.django_db(transaction=True)
def test_a_worker_makes_what_was_asked_for_and_only_once(admin: Person, var: Any) -> None:
    name = admin.caller.post("/tafy/api/v1/system/backup").json()["backup_id"]
    row = Backup.objects.get()
    tasks.make(row.pk)
    row.refresh_from_db()
    assert row.status == "done" and (var / "backups" / f"{name}.rdos").stat().st_size == row.size
    tasks.make(row.pk)
    assert JournalEntry.objects.filter(action="backup.made").count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_one_is_made_the_answer_names_that_one(admin: Person, broker: Redis) -> None:
    first = admin.caller.post("/tafy/api/v1/system/backup").json()
    second = admin.caller.post("/tafy/api/v1/system/backup")
    assert second.status_code == 200 and second.json()["backup_id"] == first["backup_id"]
    assert "already" in second.json()["message"]
    assert Backup.objects.count() == 1 and len(tasks_sent(broker)) == 1


def test_the_open_network_begins_none(device: Caller) -> None:
    answer = device.post("/tafy/api/v1/system/backup", **LAN)
    assert answer.status_code == 403 and answer.json()["status_code"] == 403
    assert not Backup.objects.exists()


def test_a_backup_is_not_read_by_that_path(admin: Person) -> None:
    answer = admin.caller.get("/tafy/api/v1/system/backup")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed", "status_code": 405})


@pytest.mark.django_db(transaction=True)
def test_a_lost_bell_is_rung_again_and_a_lost_worker_is_noticed(admin: Person, broker: Redis) -> None:
    at = timezone.now()
    row, _ = keeping.begin(who=admin.actor.who, at=at)
    keeping.sweep(row.created_at + timedelta(seconds=10))
    assert tasks_sent(broker) == []
    keeping.sweep(row.created_at + timedelta(seconds=40))
    assert tasks_sent(broker) == ["rdos.backups.tasks.make"]
    keeping.sweep(at + timedelta(minutes=11))
    row.refresh_from_db()
    assert row.status == "failed" and "No worker took it up" in row.reason


@pytest.mark.django_db(transaction=True)
def test_one_whose_maker_died_fails_and_the_next_may_begin(admin: Person, var: Any) -> None:
    at = timezone.now()
    row, _ = keeping.begin(who=admin.actor.who, at=at)
    assert keeping.take_up(row.pk, path=var / "x", at=at)
    assert not keeping.take_up(row.pk, path=var / "x", at=at)
    keeping.sweep(at + timedelta(minutes=1))
    assert Backup.objects.get(pk=row.pk).status == "running"
    keeping.sweep(at + timedelta(minutes=3))
    assert Backup.objects.get(pk=row.pk).status == "failed"
    assert keeping.begin(who=admin.actor.who, at=at + timedelta(minutes=3))[1]
