"""Whether the hub is well, told to everybody in their own words."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as hub
from django.utils import timezone
from pytest_django import Settings

from rdos.kernel.models import JournalEntry
from tests.people import Caller, Person

ROOT = Path(__file__).resolve().parents[2]


def get(path: str) -> Any:
    return Caller().get(path)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address where nobody listens, nor could anybody begin to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{probe.getsockname()[1]}"


def test_the_root_tells_what_every_seed_asks(db: None) -> None:
    body = get("/health").json()
    assert body.pop("timestamp").endswith("Z")
    assert body == {
        "status": "healthy",
        "service": "rdos",
        "version": hub.VERSION,
        "self_signed_cert": False,
        "nats_connected": True,
    }


def test_every_accent_hears_its_own_body(db: None) -> None:
    assert get("/casare/health").json() == {"status": "healthy", "service": "casare-rpa-monitoring"}
    assert get("/bilbycast/health").json() == {
        "status": "ok",
        "service": "bilbycast-manager",
        "version": hub.VERSION,
        "self_signed_cert": False,
    }
    assert get("/tafy/health").json() == {"status": "healthy", "version": hub.VERSION, "nats_connected": True}
    body = get("/bloxserver/health").json()
    assert body.pop("timestamp").endswith("Z")
    assert body == {"status": "healthy", "service": "bloxserver-api"}
    assert get("/nodetool/health").json() == "OK"


def test_a_self_signed_certificate_is_told(db: None, settings: Settings) -> None:
    settings.SELF_SIGNED = True
    assert get("/health").json()["self_signed_cert"] is True


def test_details_go_under_the_name_a_client_knows(db: None) -> None:
    assert get("/health/detailed").json()["service"] == "rdos"
    assert get("/casare/health/detailed").json()["service"] == "casare-rpa-monitoring"


def test_details_name_every_dependency(db: None) -> None:
    body = get("/health/detailed").json()
    assert body["status"] == "healthy"
    assert set(body["dependencies"]) == {"database", "redis", "nats", "clock"}
    assert all(told["healthy"] and told["error"] is None for told in body["dependencies"].values())
    assert {"pool_size", "pool_free"} <= set(body["dependencies"]["database"])


@pytest.mark.parametrize(("name", "setting", "scheme"), [("redis", "REDIS_URL", "redis"), ("nats", "NATS_URL", "nats")])
def test_what_is_down_is_named_without_its_address(
    db: None, settings: Settings, nowhere: str, name: str, setting: str, scheme: str
) -> None:
    setattr(settings, setting, f"{scheme}://:hidden-word@{nowhere}")
    response = get("/health/detailed")
    body = response.json()
    assert (response.status_code, body["status"]) == (200, "degraded")
    assert [part for part, told in body["dependencies"].items() if not told["healthy"]] == [name]
    assert body["dependencies"][name]["error"]
    assert "hidden-word" not in response.content.decode() and nowhere not in response.content.decode()


def test_something_else_on_the_port_is_not_nats(db: None, settings: Settings) -> None:
    settings.NATS_URL = hub.REDIS_URL.replace("redis://", "nats://")
    assert get("/tafy/health").json()["nats_connected"] is False


def test_a_bus_that_hangs_is_told_in_words(db: None, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.NATS_URL = f"nats://127.0.0.1:{mute.getsockname()[1]}"
        told = get("/health/detailed").json()["dependencies"]["nats"]
    assert (told["healthy"], told["error"]) == (False, "It did not answer in time.")


def test_a_hub_without_nats_says_so(db: None, settings: Settings) -> None:
    settings.NATS_URL = ""
    assert get("/health").json()["nats_connected"] is False


def test_a_clock_that_stands_still_is_noticed(db: None) -> None:
    entry = JournalEntry.objects.create(action="test")
    assert get("/health/detailed").json()["dependencies"]["clock"]["healthy"]
    JournalEntry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(seconds=20))
    told = get("/health/detailed").json()["dependencies"]["clock"]
    assert not told["healthy"] and told["error"].startswith("The clock has not run for 2")


def test_readiness_serves_two_seeds_at_once(db: None) -> None:
    response = get("/health/ready")
    body = response.json()
    assert response.status_code == 200
    assert (body["ready"], body["status"], body["checks"]) == (True, "ready", {"database": "ok", "redis": "ok"})


@pytest.mark.parametrize("prefix", ["", "/casare", "/bloxserver"])
def test_without_redis_the_hub_is_not_ready(db: None, settings: Settings, nowhere: str, prefix: str) -> None:
    settings.REDIS_URL = f"redis://{nowhere}"
    response = get(prefix + "/health/ready")
    body = response.json()
    assert (response.status_code, body["ready"], body["status"]) == (503, False, "unhealthy")
    assert "Redis" in body["reason"] and body["errors"][0].startswith("redis: ")


def test_nodes_on_the_bus_can_wait(db: None, settings: Settings, nowhere: str) -> None:
    settings.NATS_URL = f"nats://{nowhere}"
    assert get("/health/ready").status_code == 200


def test_life_needs_nothing_else(db: None, settings: Settings, nowhere: str) -> None:
    settings.REDIS_URL = settings.NATS_URL = f"redis://{nowhere}"
    body = get("/health/live").json()
    assert (body["alive"], body["status"]) == (True, "alive")


WITHOUT_DATABASE = """
import time, django; django.setup()
from django.test import Client
for path in ("/health/live", "/health", "/health/ready", "/health/detailed", "/metrics"):
    began = time.monotonic()
    answer = Client().get(path)
    print(path, answer.status_code, round(time.monotonic() - began, 1), answer.content.decode()[:200])
"""


def test_without_its_database_the_hub_lives_and_is_soon_known_not_ready(nowhere: str) -> None:
    began = time.monotonic()
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://nobody:hidden-word@{nowhere}/hub",
        "DJANGO_SETTINGS_MODULE": "rdos.settings",
        "ALLOWED_HOSTS": "testserver",
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DATABASE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    told = {line.split()[0]: line.split(maxsplit=3)[1:] for line in done.stdout.splitlines() if line.startswith("/")}
    assert {path: words[0] for path, words in told.items()} == {
        "/health/live": "200",
        "/health": "200",
        "/health/ready": "503",
        "/health/detailed": "200",
        "/metrics": "200",
    }, done.stderr
    assert float(told["/health/ready"][1]) < 3
    assert "hidden-word" not in done.stdout
    assert time.monotonic() - began < 50


def test_probes_may_ask_by_head(db: None) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/health/detailed"):
        response = Caller().head(path)
        assert (response.status_code, response.content) == (200, b"")


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_loopback_may_read_the_figures(viewer: Person) -> None:
    response = get("/metrics")
    text = response.content.decode()
    assert response.status_code == 200 and response["Content-Type"].startswith("text/plain")
    assert 'rdos_dependency_up{dependency="database"} 1.0' in text
    assert "rdos_users_active 1.0" in text


def scrape(address: str, **headers: str) -> int:
    return int(Caller(headers=headers, REMOTE_ADDR=address).get("/metrics").status_code)


def test_others_need_the_token(db: None, settings: Settings) -> None:
    assert scrape("203.0.113.9") == 401
    assert scrape("203.0.113.9", authorization="Bearer ") == 401
    settings.METRICS_TOKEN = "a-token-for-the-scraper"
    assert scrape("203.0.113.9", authorization="Bearer a-token-for-the-scraper") == 200
    assert scrape("203.0.113.9", authorization="Bearer wrong") == 401
    assert scrape("203.0.113.9", authorization="Bearer ü") == 401
    assert scrape("203.0.113.9") == 401


def test_a_proxy_on_the_same_machine_does_not_open_them(db: None) -> None:
    assert scrape("127.0.0.1", **{"x-forwarded-for": "203.0.113.9"}) == 401
    assert scrape("127.0.0.1", forwarded="for=203.0.113.9") == 401


def test_a_person_is_not_a_scraper(admin: Person) -> None:
    token = admin.signed_in.access_token
    assert scrape("203.0.113.9", authorization=f"Bearer {token}") == 401
