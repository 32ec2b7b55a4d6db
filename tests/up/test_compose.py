"""docker compose, as far as it can be proven without docker: what it would start is started here by hand."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command, get_commands
from pytest_django import Settings

from rdos.environment import PROJECT_DIR
from rdos.kernel.threads import in_thread
from rdos.up.lodging import lodge
from rdos.up.nats import Nats
from rdos.up.nats import server as nats_server
from rdos.up.programs import Program
from tests.ports import free
from tests.up.bus_clients import is_let_in, may_listen, mqtt_client, what_arrives
from tests.up.hosting import running

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
HUB = ("prepare", "web", "gateway", "worker", "clock", "beat", "bridge")


def told_to_manage(service: str) -> list[list[str]]:
    """The words after `manage.py`, of each call."""
    command = SERVICES[service].get("command", [])
    lines = command[-1].splitlines() if command[:1] == ["sh"] else [shlex.join(command)]
    return [shlex.split(line)[2:] for line in lines if "manage.py" in line]


def test_every_part_of_the_hub_is_there() -> None:
    assert set(SERVICES) == {*HUB, "postgres", "redis", "nats", "proxy"}
    called = {words[0] for service in HUB for words in told_to_manage(service)}
    assert called == {"migrate", "ensure_admin", "configure_bus", "web", "worker", "beat", "bridge"}
    assert called <= set(get_commands())


@pytest.mark.parametrize("service", HUB)
def test_every_part_is_the_same_hub_on_the_same_bus(service: str) -> None:
    environment = SERVICES[service]["environment"]
    assert environment["NATS_URL"] == "nats://nats:4222"
    assert environment["NATS_PASSWORD"].startswith("${NATS_PASSWORD:?")
    assert environment["RDOS_BUS_CONFIG_DIR"] == "/bus"
    # Backups and mirrored flows, which whichever container is asked can give out, and which outlive them all.
    assert SERVICES[service]["volumes"] == ["bus:/bus", "state:/var/lib/rdos"]


def test_the_bus_is_the_server_of_our_package_with_our_configuration() -> None:
    nats = SERVICES["nats"]
    assert nats["command"] == ["nats-server", "--config", "/bus/nats.conf"]
    assert nats["build"] == "." and "image" not in nats
    assert nats["volumes"] == ["bus:/bus:ro", "jetstream:/var/lib/nats"]
    assert nats["depends_on"]["prepare"]["condition"] == "service_completed_successfully"
    # It needs none of the hub's secrets: what it must know is in its file.
    assert "environment" not in nats


def test_the_bus_is_open_to_this_machine_alone_unless_somebody_says_otherwise() -> None:
    assert SERVICES["nats"]["ports"] == [
        "${BUS_ADDRESS:-127.0.0.1}:4222:4222",
        "${BUS_ADDRESS:-127.0.0.1}:1883:1883",
    ]


def test_the_volumes_belong_to_whom_the_image_runs_as() -> None:
    """A volume that is new takes over the owner of the folder it is mounted on."""
    dockerfile = (PROJECT_DIR / "Dockerfile").read_text()
    assert "mkdir -m 700 /bus /var/lib/nats" in dockerfile
    assert "chown -R rdos /var/lib/rdos /bus /var/lib/nats" in dockerfile
    assert {volume.partition(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])} - {
        "./docs/nginx.conf"
    } == set(COMPOSE["volumes"])


@pytest.mark.django_db
async def test_what_prepare_writes_is_what_the_server_runs_with(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own words, with the folders and the ports of this test for those of the containers."""
    (words,) = [words for words in told_to_manage("prepare") if words[0] == "configure_bus"]
    assert words[1:] == ["--listen", "0.0.0.0", "--store", "/var/lib/nats"]
    server = Nats(lodge(tmp_path), "0.0.0.0", free(), free(), "hub", "the password of .env")
    for name, value in {"NATS_PORT": server.port, "MQTT_PORT": server.mqtt_port}.items():
        monkeypatch.setenv(name, str(value))
    settings.BUS_CONFIG_DIR, settings.NATS_URL = tmp_path, f"nats://127.0.0.1:{server.port}"
    settings.NATS_USER, settings.NATS_PASSWORD = server.hub_user, server.hub_password
    await in_thread(call_command, *[word.replace("/var/lib/nats", str(tmp_path / "store")) for word in words])
    command = SERVICES["nats"]["command"]
    argv = [str(nats_server(server.lodging)), *[word.replace("/bus", str(tmp_path)) for word in command[1:]]]
    with running(Program("nats", argv), server.ready):
        assert is_let_in(server, (server.hub_user, server.hub_password))
        assert not is_let_in(server, (server.hub_user, "another"))
        assert await may_listen(server, None, "device.d1.command")
        assert not await may_listen(server, None, ">")
        assert await what_arrives(server, None, "device.d1.command") == ([], ["device.d1.command"])
        mqtt_client(server, "tafy-esp32").close()
