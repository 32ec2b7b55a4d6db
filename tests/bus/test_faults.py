"""The broker goes, a bridge dies, a bridge sleeps: what was said last is stored, and no command is heard twice."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from devices.models import Bridge, Command, Node
from devices.services import bus_commands
from rdos.kernel import bus as hub_bus
from rdos.kernel.models import JournalEntry
from telemetry.models import Event, LastValue
from tests.bus import payloads
from tests.bus.conftest import BridgeChild, start_bridge
from tests.bus.device import Device
from tests.bus.payloads import ROBOT
from tests.bus.test_commands_over_the_bus import bus_node
from tests.devices.conftest import until
from tests.people import Person
from tests.servers import LoneNats, nats_of_its_own

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[[], BridgeChild]


@pytest.fixture
def broker(transactional_db: None, settings: pytest.FixtureRequest) -> Iterator[LoneNats]:
    """One that may be killed."""
    with nats_of_its_own() as lone:
        settings.NATS_URL = lone.url  # type: ignore[attr-defined]
        hub_bus.close()
        yield lone
        hub_bus.close()


@pytest.fixture
def start(broker: LoneNats) -> Iterator[Start]:
    children: list[BridgeChild] = []

    def begin() -> BridgeChild:
        before = Bridge.objects.filter(reached_at__isnull=False).count()
        children.append(start_bridge(broker))
        until(lambda: Bridge.objects.filter(reached_at__isnull=False).count() > before, seconds=30)
        return children[-1]

    yield begin
    for child in children:
        child.stop()


def tell(person: Person, node: Node, number: int) -> Command:
    text = json.dumps({"number": number})
    return bus_commands.tell(actor=person.actor, node=node, body={"number": number}, text=text, at=timezone.now())


def drives(device: Device, metres: float, key: str = ROBOT) -> None:
    device.say(f"hal.v1.motor.telemetry.{key}", payloads.p8(key, linear=metres))


def is_stored(metres: float, key: str = ROBOT) -> bool:
    name = "motor.actual_linear_meters_per_sec"
    return LastValue.objects.filter(series__node__key=key, series__name=name, value=metres).exists()


@pytest.mark.slow
def test_a_broker_is_killed_and_comes_back(broker: LoneNats, start: Start, operator: Person) -> None:
    bridge, device, node = start(), Device(broker.server.port), bus_node()
    drives(device, 0.1)
    until(lambda: is_stored(0.1))
    device.close()
    broker.kill()
    until(lambda: not Bridge.objects.filter(reached_at__isnull=False).exists(), seconds=20)
    waiting = tell(operator, node, 1)
    # Nobody hears twice what is said once: the device listens before the bridge comes back.
    os.kill(bridge.process.pid, signal.SIGSTOP)
    broker.start()
    device = Device(broker.server.port)
    device.listen(f"device.{ROBOT}.command")
    os.kill(bridge.process.pid, signal.SIGCONT)
    ((_, data, _),) = device.hears(1)
    drives(device, 0.2)
    until(lambda: is_stored(0.2))
    waiting.refresh_from_db()
    assert (json.loads(data), waiting.status, waiting.attempts) == ({"number": 1}, "sent", 1)
    assert JournalEntry.objects.filter(action="bus.lost").count() == 1
    assert bridge.process.poll() is None
    device.close()


@pytest.mark.slow
def test_a_bridge_begins_without_a_broker(broker: LoneNats, start: Start) -> None:
    broker.kill()
    child = start_bridge(broker)
    until(lambda: Bridge.objects.filter(reached_at=None).exists(), seconds=30)
    broker.start()
    until(lambda: Bridge.objects.filter(reached_at__isnull=False).exists(), seconds=20)
    child.stop()
    assert child.process.returncode == 0
    assert not Bridge.objects.exists()


@pytest.mark.slow
def test_a_bridge_is_killed_and_the_other_goes_on(broker: LoneNats, start: Start, operator: Person) -> None:
    first, _ = start(), start()
    device, node = Device(broker.server.port), bus_node()
    device.listen(f"device.{ROBOT}.command")
    for number in range(60):
        tell(operator, node, number)
        drives(device, number / 100)
        if number == 30:
            first.kill()
    until(lambda: is_stored(0.59))
    # What the dead one had taken and not said is the only thing that may be missing.
    until(lambda: max(taken_and_not_said(), default=0) <= 30)
    until(lambda: set(range(60)) <= heard_by(device).keys() | taken_and_not_said())
    time.sleep(0.2)
    assert max(heard_by(device).values()) == 1
    device.close()


def heard_by(device: Device) -> Counter[int]:
    return Counter(json.loads(data)["number"] for _, data, _ in list(device.heard))


def taken_and_not_said() -> set[int]:
    return {action["number"] for action in Command.objects.filter(sent_at=None).values_list("action", flat=True)}


def test_two_bridges_do_nothing_twice(broker: LoneNats, start: Start) -> None:
    start(), start()
    device = Device(broker.server.port)
    for _ in range(3):
        for number in range(40):
            device.say("device.discovered", payloads.p1(f"node-{number}"))
    for place in range(20):
        device.say("hal.v1.sensor.range.event", payloads.p10("node-1", metres=0.05 + place / 1000))
    # A third bridge, that of the other tests, may still have a word of theirs.
    until(lambda: Node.objects.filter(key__startswith="node-").exclude(key=payloads.AGENT).count() == 40)
    one = Node.objects.get(key="node-1")
    until(lambda: Event.objects.filter(category="hal.alert", node=one).exists())
    connected = JournalEntry.objects.filter(action="node.connect", object_id=str(one.pk))
    until(connected.exists)
    time.sleep(0.7)
    met = JournalEntry.objects.filter(action="node.discover").values_list("object_id", flat=True)
    assert len(met) == len(set(met))
    assert Event.objects.filter(category="hal.alert", node=one).count() == 1
    assert connected.count() == 1
    device.close()


@pytest.mark.slow
def test_a_bridge_that_sleeps_wakes_to_what_was_said_last(broker: LoneNats, start: Start) -> None:
    bridge, device = start(), Device(broker.server.port)
    drives(device, 0.1)
    until(lambda: is_stored(0.1))
    os.kill(bridge.process.pid, signal.SIGSTOP)
    device.floods(f"hal.v1.motor.telemetry.{ROBOT}", json.dumps(payloads.p8()).encode(), times=30_000)
    drives(device, 0.9)
    os.kill(bridge.process.pid, signal.SIGCONT)
    until(lambda: is_stored(0.9), seconds=20)
    device.close()


@pytest.mark.slow
def test_a_broker_stalls_and_goes_on(broker: LoneNats, start: Start, operator: Person) -> None:
    """Its late answers deafen nobody."""
    bridge, node = start(), bus_node()
    for _ in range(3):
        os.kill(broker.pid, signal.SIGSTOP)
        command = tell(operator, node, 1)
        until(lambda pk=command.pk: Command.objects.filter(pk=pk, status__in=("cancelled", "expired")).exists())
        os.kill(broker.pid, signal.SIGCONT)
        until(lambda: Bridge.objects.filter(reached_at__isnull=False).exists(), seconds=20)
    device = Device(broker.server.port)
    # Its row may still tell of the time before the last stall, and what is said meanwhile goes nowhere.
    until(lambda: drives(device, 0.3) or is_stored(0.3), seconds=20)
    after = tell(operator, node, 2)
    until(lambda: Command.objects.filter(pk=after.pk, status="sent", sent_at__isnull=False).exists())
    assert bridge.process.poll() is None
    device.close()
