"""What one bridge makes of what it hears, with its batches and the database, and without a broker."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from devices.bridge import acquaintance
from devices.bridge.acquaintance import LARGEST_SAID, MOST_SAID, Known, Strangers
from devices.bridge.evidence import Evidences
from devices.bridge.intake import Intake
from devices.bridge.running import answer_of
from devices.bridge.stores import Stores
from devices.models import BusNode, Command, HalState, Node
from devices.services import bus_states
from devices.services.bus_states import MOST_TOPICS
from rdos.kernel.threads import in_thread
from tests.bus import payloads
from tests.bus.payloads import ROBOT

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
MOTORS = f"hal.v1.motor.telemetry.{ROBOT}"
RANGE = f"hal.v1.sensor.range.telemetry.{ROBOT}"


class Bridge:
    """As `bridge` runs it."""

    def __init__(self) -> None:
        self.stores = Stores(met=lambda: None)
        self.intake = Intake(self.stores, Evidences(self.stores))

    async def hears(self, at: datetime, *said: tuple[str, Any]) -> None:
        self.intake.acquaint(await in_thread(acquaintance.read), at)
        self.intake.take([(subject, json.dumps(one).encode()) for subject, one in said], at)
        await self.stores.drain(10)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def one_with(sensor: object) -> dict[str, Any]:
    message = payloads.p9()
    message["payload"]["sensor_id"] = sensor
    return message


def topics() -> set[str]:
    return set(HalState.objects.values_list("topic", flat=True))


@pytest.fixture
def robot() -> Node:
    node = Node.objects.create(key=ROBOT, name=ROBOT, status="online", on_bus=True)
    BusNode.objects.create(node=node)
    return node


@pytest.mark.parametrize("sensor", ["tof\x00front", "a.b", "", " ", "x" * 65, 7, None, ["tof"]])
def test_a_name_of_a_sensor_that_can_be_no_name_is_left_out(robot: Node, sensor: object) -> None:
    async def story() -> None:
        await Bridge().hears(NOW, (RANGE, one_with(sensor)), (MOTORS, payloads.p8()))

    asyncio.run(story())
    assert topics() == {"sensor/range-tof", "motor/differential-telemetry"}


def test_what_another_bridge_heard_of_a_release_is_not_undone(robot: Node) -> None:
    async def story() -> None:
        one, other = Bridge(), Bridge()
        await one.hears(NOW, (MOTORS, payloads.p8(status="emergency_stop")))
        assert await in_thread(is_latched)
        await other.hears(after(1), (MOTORS, payloads.p8(status="idle")))
        await one.hears(after(7), (RANGE, payloads.p9()))

    asyncio.run(story())
    assert not is_latched()


def is_latched() -> bool:
    return BusNode.objects.filter(latched_at__isnull=False).exists()


def test_sensors_that_somebody_makes_up_are_few_also_for_a_bridge_that_begins_anew(robot: Node) -> None:
    async def story() -> None:
        await Bridge().hears(NOW, (MOTORS, payloads.p8()), *((RANGE, one_with(f"a{n}")) for n in range(MOST_TOPICS)))
        anew = [(RANGE, one_with(f"b{n}")) for n in range(MOST_TOPICS)]
        await Bridge().hears(after(60), *anew, (MOTORS, payloads.p8(linear=0.25)))

    asyncio.run(story())
    motors = HalState.objects.get(topic="motor/differential-telemetry")
    assert (len(topics()), motors.at) == (MOST_TOPICS, after(60))
    assert not [topic for topic in topics() if ".b" in topic]


def test_old_states_are_forgotten_and_make_room(robot: Node) -> None:
    old = [HalState(node=robot, topic=f"old{n}", payload={}, at=after(-8 * 86400)) for n in range(MOST_TOPICS)]
    HalState.objects.bulk_create(old)
    assert bus_states.forget(NOW) == MOST_TOPICS
    assert topics() == set()


@pytest.mark.parametrize("filling", ["x" * 20_000, ["\u00e9"] * 6_000])
def test_of_a_state_that_is_too_large_its_numbers_are_kept(robot: Node, filling: object) -> None:
    async def story() -> None:
        await Bridge().hears(NOW, (MOTORS, payloads.p8(linear=0.5, filling=filling)), (RANGE, payloads.p9()))

    asyncio.run(story())
    kept = HalState.objects.get(topic="motor/differential-telemetry").payload
    assert (kept["too_large"], kept["actual_linear_meters_per_sec"]) == (True, 0.5)
    assert "filling" not in kept
    assert "too_large" not in HalState.objects.get(topic="sensor/range-tof.tof-front").payload


def test_made_up_answers_take_no_place_of_a_real_one(robot: Node) -> None:
    command = Command.objects.create(
        node=robot, number=1, name="blink", action={}, status="sent", expires_at=after(600)
    )

    async def story() -> None:
        bridge = Bridge()
        bridge.stores.expect(command.pk)
        for command_id in (*(uuid4() for _ in range(3000)), command.pk, *(uuid4() for _ in range(30_000))):
            bridge.stores.answer(command_id, answer_of({"data": 1}))
        await bridge.stores.drain(10)

    asyncio.run(story())
    command.refresh_from_db()
    assert (command.status, command.data) == ("acked", 1)


def test_of_an_answer_that_is_too_large_it_is_kept_that_there_was_one() -> None:
    said = answer_of({"error": "no", "error_code": "odd", "data": "x" * 9000}, is_large=True)
    assert (said["success"], said["error"], said["error_code"], said["data"]) == (
        False,
        "no",
        "odd",
        {"too_large": True},
    )


def test_what_a_stranger_says_at_length_is_not_kept_for_it() -> None:
    strangers = Strangers()
    for place in range(MOST_SAID):
        assert strangers.note(ROBOT, f"a{place}", b"x" * (LARGEST_SAID + place), NOW)
    known = {ROBOT: Known(uuid4(), ROBOT, "esp32", has_credential=False)}
    assert strangers.now_known(known, NOW) == [("a0", b"x" * LARGEST_SAID)]
