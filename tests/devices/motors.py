"""Motors on the bus: they hear what they are told, and can say what they do."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import nats
import pytest
from django.utils import timezone
from pytest_django import Settings

from devices.choices import NodeStatus
from devices.models import BusNode, Node
from devices.services.standstill import repeater
from rdos.kernel import bus
from tests.devices.hal.payloads import MOTOR
from tests.servers import LoneNats, nats_of_its_own
from tests.up.bus_clients import arrived

COMMANDS = "hal.v1.motor.cmd"
PATIENCE = 10.0


@dataclass
class Motors:
    """Everything said on the motors' subject, with when."""

    loop: asyncio.AbstractEventLoop
    line: Any = None
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    # By those with a credential, where nobody anonymous hears.
    heard_apart: list[dict[str, Any]] = field(default_factory=list)

    def told(self, key: str) -> list[tuple[float, float]]:
        """Speeds for this device, in their order."""
        return [speeds(message) for _, message in list(self.heard) if message["device_id"] == key]

    def zeros(self, key: str) -> int:
        return self.told(key).count((0.0, 0.0))

    def say(self, key: str, linear: float, angular: float = 0.0, *, before: str = "", **payload: Any) -> None:
        """Telemetry, as the firmware sends it."""
        actual = {"actual_linear_meters_per_sec": linear, "actual_angular_rad_per_sec": angular}
        message = MOTOR | {"device_id": key, "payload": MOTOR["payload"] | actual | payload}
        self._run(self.line.publish(f"{before}hal.v1.motor.telemetry.{key}", json.dumps(message).encode()))
        self._run(arrived(self.line))

    def say_range(self, key: str, message: dict[str, Any]) -> None:
        self._run(self.line.publish(f"hal.v1.sensor.range.telemetry.{key}", json.dumps(message).encode()))
        self._run(arrived(self.line))

    def catch_up(self) -> None:
        """What the broker had by now has been heard as well."""
        self._run(arrived(self.line))

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    async def _listen(self, url: str) -> None:
        self.line = await nats.connect(url)

        async def hear(message: Any) -> None:
            self.heard.append((time.monotonic(), json.loads(message.data)))

        async def hear_apart(message: Any) -> None:
            self.heard_apart.append(json.loads(message.data))

        await self.line.subscribe(COMMANDS, cb=hear)
        await self.line.subscribe(f"tell.{COMMANDS}.*", cb=hear_apart)
        await arrived(self.line)


def speeds(message: dict[str, Any]) -> tuple[float, float]:
    payload = message["payload"]
    return payload["linear_meters_per_sec"], payload["angular_rad_per_sec"]


@pytest.fixture
def broker(settings: Settings) -> Iterator[LoneNats]:
    """A bus that nobody else speaks on."""
    with nats_of_its_own() as own:
        _until_nothing_is_said()
        settings.NATS_URL = own.url
        bus.close()
        yield own
        _until_nothing_is_said()
        bus.close()


def _until_nothing_is_said() -> None:
    """A stop is said again for a second, whoever's test it was of."""
    deadline = time.monotonic() + PATIENCE
    while repeater.is_busy and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture
def motors(broker: LoneNats) -> Iterator[Motors]:
    with listening(broker.url) as heard:
        yield heard


@contextmanager
def listening(url: str) -> Iterator[Motors]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    motors = Motors(loop)
    motors._run(motors._listen(url))
    try:
        yield motors
    finally:
        motors._run(motors.line.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


def rover(
    key: str = "rover-1", *, kind: str = "esp32", capabilities: dict[str, Any] | None = None, **fields: Any
) -> Node:
    """A node of the bus."""
    defaults = {"name": key.title(), "device_type": "esp32", "status": NodeStatus.ONLINE, "on_bus": True}
    node = Node.objects.create(key=key, **(defaults | fields))
    BusNode.objects.create(node=node, kind=kind, capabilities=capabilities or {}, heard_until=timezone.now())
    return node
