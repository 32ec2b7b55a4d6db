"""An ESP32 on MQTT, a node agent and a camera on NATS, and a Tafy client without a login, from the first word to the
last; and all of it once more on the same database."""

import json
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import httpx
import pytest

from devices.models import HalState, Node
from tests.bus import payloads
from tests.bus.conftest import BridgeChild
from tests.bus.device import Device
from tests.bus.payloads import AGENT, CAMERA, ROBOT
from tests.devices.conftest import until
from tests.devices.hub import Hub, serving
from tests.servers import LoneNats
from tests.up.bus_clients import mqtt_client, mqtt_publish, mqtt_subscribe

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = {"type": "move", "data": {"linear": 0.5, "angular": 0.0}}


@pytest.fixture
def hub(own_bus: LoneNats, bridge: BridgeChild, settings: Any) -> Iterator[Hub]:
    settings.OPEN_LAN = [ip_network("127.0.0.0/8")]
    with serving() as running:
        yield running


@pytest.fixture
def tafy(hub: Hub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{hub.url}/tafy/api/v1", timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def esp32(own_bus: LoneNats) -> Iterator[socket.socket]:
    connection = mqtt_client(own_bus.server, f"tafy-{ROBOT}")
    for topic in (f"device/{ROBOT}/command", "hal/v1/motor/cmd", "hal/v1/system/cmd"):
        assert mqtt_subscribe(connection, topic) == 0
    connection.settimeout(10)
    yield connection
    connection.close()


def publishes(esp32: socket.socket, topic: str, said: dict[str, Any]) -> None:
    data = json.dumps(said).encode()
    assert len(data) < 1024
    mqtt_publish(esp32, topic, data)


def test_the_contracts_devices_live_here_twice_in_a_row(tafy: httpx.Client, device: Device, esp32: Any) -> None:
    for _ in range(2):
        they_are_found(tafy, device)
        they_live(tafy, device, esp32)
        one_is_claimed(tafy, device)
        it_is_told_to_move(tafy, device, esp32)
        a_flow_reaches_the_agent(tafy, device)
    assert Node.objects.filter(key__in=(AGENT, ROBOT, CAMERA)).count() == 3
    assert not Node.objects.filter(key__startswith="tafy-").exists()


def they_are_found(tafy: httpx.Client, device: Device) -> None:
    for _ in range(3):
        device.say("device.discovered", payloads.p1())
        device.say("device.discovered", payloads.p1_of_a_robot())
    device.say(f"hal.v1.camera.discovery.announce.{CAMERA}", payloads.p11())
    until(lambda: {AGENT, ROBOT, CAMERA} == {one["id"] for one in answer(tafy.get("/devices/"))["devices"]})
    robot = answer(tafy.get(f"/devices/{ROBOT}"))
    assert (robot["type"], robot["name"], robot["ip_address"]) == ("esp32", f"tafy-{ROBOT}.local.", "10.0.0.21")
    assert robot["capabilities"] == {"motor.differential": "v1.0", "sensor.range.tof": "v1.0"}
    assert robot["device_metadata"]["version"] == "1.2.0"


def they_live(tafy: httpx.Client, device: Device, esp32: socket.socket) -> None:
    device.say(f"node.{AGENT}.heartbeat", payloads.p2())
    publishes(esp32, f"node/{ROBOT}/heartbeat", payloads.p3())
    publishes(esp32, f"hal/v1/motor/telemetry/{ROBOT}", payloads.p8(linear=0, status="idle"))
    publishes(esp32, f"hal/v1/sensor/range/telemetry/{ROBOT}", payloads.p9())
    publishes(esp32, "hal/v1/sensor/range/event", payloads.p10())
    until(lambda: {"online"} == {one["status"] for one in answer(tafy.get("/devices/"))["devices"]})
    until(lambda: HalState.objects.filter(node__key=ROBOT).count() == 2)
    assert answer(tafy.get("/devices/", params={"status": "online"}))["total"] == 3


def one_is_claimed(tafy: httpx.Client, device: Device) -> None:
    device.heard.clear()
    device.listen("hub.events.devices")
    claimed = answer(tafy.post(f"/devices/{ROBOT}/claim"))
    assert (claimed["claimed"], claimed["status"]) == (True, "claimed")
    event = until(lambda: next((json.loads(d) for s, d, _ in device.heard if b'"device.claimed"' in d), None))
    assert (event["device_id"], event["data"]["claimed"]) == (ROBOT, True)
    assert set(event["data"]) == set(claimed)


def it_is_told_to_move(tafy: httpx.Client, device: Device, esp32: socket.socket) -> None:
    told = answer(tafy.post(f"/devices/{ROBOT}/command", json=COMMAND))
    assert told == {"status": "sent", "device_id": ROBOT, "command": COMMAND}
    heard = b""
    while b"hal/v1/motor/cmd" not in heard or f"device/{ROBOT}/command".encode() not in heard:
        heard += esp32.recv(4096)
    assert b'"linear_meters_per_sec":0.5' in heard
    publishes(esp32, f"hal/v1/motor/telemetry/{ROBOT}", payloads.p8(linear=0.5))
    until(lambda: Node.objects.get(key=ROBOT).commands.filter(name="move", status="acked").exists())
    publishes(esp32, f"hal/v1/motor/telemetry/{ROBOT}", payloads.p8(linear=0, status="idle"))


def a_flow_reaches_the_agent(tafy: httpx.Client, device: Device) -> None:
    device.heard.clear()
    device.listen(f"node.{AGENT}.flow.deploy")
    device.listen(f"node.{AGENT}.flow.undeploy")
    flow = answer(tafy.post("/flows/", json={"name": "Follow", "config": {"flows": []}, "target_nodes": [AGENT]}))
    assert answer(tafy.post(f"/flows/{flow['id']}/deploy"))["deployed"] is True
    said = until(lambda: next((json.loads(d) for s, d, _ in device.heard if s.endswith("flow.deploy")), None))
    assert (said["flow_id"], said["config"], said["version"]) == (flow["id"], {"flows": []}, 1)
    assert answer(tafy.delete(f"/flows/{flow['id']}/undeploy"))["deployed"] is False
    said = until(lambda: next((json.loads(d) for s, d, _ in device.heard if s.endswith("flow.undeploy")), None))
    assert said["flow_id"] == flow["id"]


def answer(response: httpx.Response) -> Any:
    assert response.status_code == 200, (response.url, response.status_code, response.text)
    return response.json()
