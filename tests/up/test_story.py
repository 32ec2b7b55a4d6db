"""The whole of `manage.py up`, from nothing, as a person would live through it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from rdos.up.bootstrap import PROJECT_DIR
from rdos.up.lodging import lodge
from rdos.up.nats import Nats
from tests.ports import free
from tests.up.bus_clients import is_let_in, mqtt_client, mqtt_publish
from tests.up.hosting import gone, scratch, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CONFIGURED = ("DATABASE_URL", "REDIS_URL", "NATS_URL", "RDOS_MASTER_KEY", "RDOS_VAR_DIR", "RDOS_TEST_SERVERS")
PATIENCE = 60.0


class Hub:
    """One `manage.py up` on ports of its own."""

    def __init__(self, directory: Path, *arguments: str, **environment: str) -> None:
        self.port, self.arguments, self.directory = free(), arguments, directory
        mine = {"PORT": self.port, "NATS_PORT": free(), "MQTT_PORT": free(), "RDOS_VAR_DIR": directory}
        inherited = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
        self.environment = inherited | {name: str(value) for name, value in mine.items()} | environment
        self.log = directory.with_name(f"{directory.name}-{self.port}.log")
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("wb") as log:
            command = [sys.executable, "manage.py", "up", *self.arguments]
            return subprocess.Popen(command, cwd=PROJECT_DIR, env=self.environment, stdout=log, stderr=log)

    def said(self) -> str:
        return self.log.read_text()

    def ready(self) -> "Hub":
        until(lambda: "The hub is ready" in self.said() or self.process.poll() is not None, PATIENCE)
        assert self.process.poll() is None, self.said()
        return self

    def ended(self) -> str:
        self.process.wait(PATIENCE)
        return self.said()

    def get(self, path: str) -> int:
        """The status, or 0 while nobody answers."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            try:
                connection.request("GET", path)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return 0

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        [found] = [member for member in psutil.Process(self.process.pid).children() if is_called(member, words)]
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        family = self.family()
        self.process.send_signal(number)
        assert self.process.wait(PATIENCE) == 0
        until(lambda: gone(family))


def is_called(member: psutil.Process, words: tuple[str, ...]) -> bool:
    """Nobody is, who ends while we look."""
    try:
        return member.cmdline()[-len(words) :] == list(words) or (len(words) == 1 and member.name() == words[0])
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def directory() -> Iterator[Path]:
    with scratch() as place:
        yield place / "var"


def sign_in(hub: Hub, username: str, password: str) -> int:
    body = json.dumps({"username": username, "password": password})
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=10)) as connection:
        connection.request("POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})
        return connection.getresponse().status


def test_a_hub_starts_from_nothing_survives_a_killed_child_and_stops_without_a_trace(directory: Path) -> None:
    hub = Hub(directory).ready()
    assert hub.get("/health/live") == 200
    shown = re.search(r"Sign in as (\S+) with the password (\S+)", hub.said())
    assert shown
    assert sign_in(hub, shown[1], shown[2]) == 200

    refused = subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=PROJECT_DIR, env=hub.environment, capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert f"Another hub (process {hub.process.pid}) already runs on {directory}" in refused.stderr

    for number in (hub.child("postgres"), hub.child("gateway", "--host", "127.0.0.1", "--port", str(hub.port))):
        number.kill()
    until(lambda: hub.get("/health/live") == 200 and hub.get("/health/ready") == 200, PATIENCE)
    assert sign_in(hub, shown[1], shown[2]) == 200

    hub.stop()
    assert "The hub has stopped." in hub.said()
    assert not (directory / "hub.env").exists()


def test_the_second_start_keeps_everything_and_shows_no_password(directory: Path) -> None:
    hub = Hub(directory, RDOS_ADMIN_USERNAME="ada", RDOS_ADMIN_PASSWORD="Right-Answer-42").ready()
    assert "password" not in hub.said()
    hub.stop(signal.SIGTERM)
    hub.process = hub.start()
    hub.ready()
    assert "Bringing the database up to date" not in hub.said()
    assert "password" not in hub.said()
    assert sign_in(hub, "ada", "Right-Answer-42") == 200
    hub.stop()


def test_after_everything_was_killed_the_next_start_is_a_normal_one(directory: Path) -> None:
    hub = Hub(directory).ready()
    for member in [psutil.Process(hub.process.pid), *hub.family()]:
        # Some follow the one before them by themselves.
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    hub.process.wait()
    hub.process = hub.start()
    hub.ready()
    assert hub.get("/health/live") == 200
    hub.stop()


def test_a_killed_supervisor_takes_everything_with_it(directory: Path) -> None:
    hub = Hub(directory).ready()
    family = hub.family()
    hub.process.kill()
    hub.process.wait()
    until(lambda: gone(family), 30)


def test_two_hubs_live_side_by_side_with_tls_in_one_of_them(directory: Path) -> None:
    plain, secure = Hub(directory), Hub(directory.with_name("other"), "--tls")
    plain.ready()
    secure.ready()
    assert plain.get("/health/live") == 200
    context = ssl.create_default_context(cafile=str(secure.directory / "tls" / "certificate.pem"))
    with (
        socket.create_connection(("127.0.0.1", secure.port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as connection,
    ):
        assert connection.version() == "TLSv1.3"
    with urlopen(f"https://localhost:{secure.port}/health", context=context) as answer:
        assert json.load(answer)["self_signed_cert"] is True
    plain.stop()
    secure.stop()


def test_a_taken_port_is_named_before_anything_starts(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        hub = Hub(directory, MQTT_PORT=port)
        assert f"Port {port} (MQTT_PORT) is already taken" in hub.ended()
    assert hub.process.returncode == 1
    assert not (directory / "postgres").exists()


def test_other_commands_find_the_running_hub(directory: Path) -> None:
    hub = Hub(directory).ready()
    question = "from accounts.models import User; print(User.objects.count())"
    asked = [sys.executable, "manage.py", "shell", "-v", "0", "-c", question]
    only = {name: value for name, value in hub.environment.items() if name != "PORT"}
    done = subprocess.run(asked, cwd=PROJECT_DIR, env=only, capture_output=True, text=True)
    assert done.stdout.strip().endswith("1"), done.stderr
    hub.stop()


def bus_of(hub: Hub) -> Nats:
    ports = int(hub.environment["NATS_PORT"]), int(hub.environment["MQTT_PORT"])
    return Nats(lodge(hub.directory), "127.0.0.1", *ports, "hub", "")


def call(hub: Hub, method: str, path: str, token: str = "", body: object = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=15)) as connection:
        connection.request(method, path, json.dumps(body or {}), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")


def test_a_devices_credential_is_good_at_once_and_after_every_start(directory: Path) -> None:
    """A device that nobody invited speaks on the bus, and gets a user of its own there."""
    hub = Hub(directory, "--no-simulate", RDOS_ADMIN_USERNAME="ada", RDOS_ADMIN_PASSWORD="Right-Answer-42").ready()
    bus = bus_of(hub)
    mqtt_client(bus, "tafy-esp32-a1").close()
    _, signed_in = call(hub, "POST", "/api/v1/auth/login", body={"username": "ada", "password": "Right-Answer-42"})
    token = signed_in["access_token"]

    def found() -> list[dict[str, Any]]:
        with mqtt_client(bus, "tafy-esp32-a1") as device:
            mqtt_publish(device, "node/esp32-a1/heartbeat", b'{"node_id":"esp32-a1","type":"esp32"}')
        nodes = call(hub, "GET", "/api/v1/nodes", token)[1]
        return [node for node in nodes if node["name"] == "esp32-a1"]

    until(found, PATIENCE)
    status, login = call(hub, "POST", f"/api/v1/nodes/{found()[0]['id']}/bus-credential", token)
    assert (status, login["username"]) == (200, "esp32-a1")
    named = (login["username"], login["password"])
    assert is_let_in(bus, named)

    hub.child("nats-server").kill()
    until(lambda: bus.ready() and is_let_in(bus, named), PATIENCE)
    hub.stop()
    (bus.directory / "users.conf").write_text("users: []\n")
    hub.process = hub.start()
    hub.ready()
    assert is_let_in(bus, named)
    assert not is_let_in(bus, ("esp32-a1", "wrong"))
    hub.stop()
