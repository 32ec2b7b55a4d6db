"""The bus for everybody who is on no loop: any thread, any process, before and after there is a broker."""

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_django import Settings

from rdos.kernel import bus
from rdos.kernel.bus import BusAway, MessageTooLarge, NoReply
from tests.bus.device import Device
from tests.kernel.bus.conftest import Heard, until
from tests.servers import LoneNats
from tests.up.bus_clients import arrived

TOO_LARGE = b"x" * (2**20 + 1)


def seconds_of(work: Callable[[], Any]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


# --- With a broker ----------------------------------------------------------------------------------------------------


def test_what_is_published_is_with_the_broker_when_the_call_returns(device: Device) -> None:
    device.listen("device.d1.command")
    bus.publish("device.d1.command", b"go", reply="hub.acks.7e57")
    assert device.hears(1) == [("device.d1.command", b"go", "hub.acks.7e57")]


def test_a_subscription_hears_and_ends(device: Device, heard: Heard) -> None:
    number = bus.subscribe("device.*.status", heard)
    bus.publish("device.d0.status", b"once there, it holds")
    until(lambda: heard.all)
    device.say("device.d1.status", b"one")
    until(lambda: len(heard.all) == 2)
    assert heard.all[1] == ("device.d1.status", b"one", "")
    bus.unsubscribe(number)
    bus.unsubscribe(number)
    device.say("device.d1.status", b"two")
    after = Heard()
    bus.subscribe("device.*.telemetry", after)
    bus.publish("device.d1.telemetry", b"three")
    until(lambda: after.all)
    assert len(heard.all) == 2


def test_a_queue_shares_what_comes(broker: LoneNats) -> None:
    some, others = Heard(), Heard()
    for one in (some, others):
        bus.subscribe("work.>", one, queue="hub")
    for number in range(200):
        bus.publish(f"work.{number}", b"")
    until(lambda: len(some.all) + len(others.all) == 200)
    time.sleep(0.05)
    assert len(some.all) + len(others.all) == 200
    assert some.all and others.all


def test_an_anonymous_node_answers_what_the_hub_asks(device: Device) -> None:
    async def answer(message: Any) -> None:
        await message.respond(b"here: " + message.data)

    device.run(device.client.subscribe("device.d1.command", cb=answer))
    device.run(arrived(device.client))
    assert bus.request("device.d1.command", b"there?", timeout=5) == b"here: there?"
    assert device.refused == []


def test_a_question_that_nobody_listens_to_is_answered_at_once(broker: LoneNats) -> None:
    bus.publish("anything", b"")

    def ask() -> None:
        with pytest.raises(NoReply):
            bus.request("device.nobody.command", b"", timeout=30)

    assert seconds_of(ask) < 5


def test_a_question_that_somebody_ignores_ends_in_time(device: Device) -> None:
    device.listen("device.d1.command")

    def ask() -> None:
        with pytest.raises(NoReply):
            bus.request("device.d1.command", b"", timeout=0.3)

    assert 0.25 < seconds_of(ask) < 5


@pytest.mark.parametrize(
    "send", [lambda data: bus.publish("a.b", data), lambda data: bus.request("a.b", data, timeout=1)]
)
def test_what_is_too_large_is_refused_by_name_and_harms_nobody(
    broker: LoneNats, heard: Heard, send: Callable[[bytes], Any]
) -> None:
    bus.subscribe("a.b", heard)
    with pytest.raises(MessageTooLarge) as refusal:
        send(TOO_LARGE)
    assert (refusal.value.status, refusal.value.code) == (413, "message_too_large")
    bus.publish("a.b", TOO_LARGE[:-1])
    until(lambda: heard.all)
    assert len(heard.data[0]) == 2**20


def test_a_listener_that_fails_goes_on_listening(broker: LoneNats, heard: Heard) -> None:
    def fail_first(subject: str, data: bytes, reply: str) -> None:
        heard(subject, data, reply)
        if data == b"bad":
            raise ZeroDivisionError

    bus.subscribe("a.b", fail_first)
    bus.publish("a.b", b"bad")
    bus.publish("a.b", b"good")
    until(lambda: heard.data == [b"bad", b"good"])


def test_who_waits_on_the_buss_own_thread_is_told_so_and_does_not_stop_it(broker: LoneNats, heard: Heard) -> None:
    errors: list[Exception] = []

    def ask_from_inside(subject: str, data: bytes, reply: str) -> None:
        try:
            bus.publish("c.d", b"waited for")
        except RuntimeError as error:
            errors.append(error)
        bus.publish_soon("c.d", b"not waited for")

    bus.subscribe("c.d", heard)
    bus.subscribe("a.b", ask_from_inside)
    assert seconds_of(lambda: bus.publish("a.b", b"")) < 2
    until(lambda: heard.data == [b"not waited for"])
    assert "publish_soon" in str(errors[0])


def test_many_threads_share_one_connection(broker: LoneNats, heard: Heard) -> None:
    bus.subscribe("a.>", heard)

    def work(thread: int) -> None:
        for number in range(50):
            bus.publish(f"a.{thread}", str(number).encode())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    until(lambda: len(heard.all) == 800)
    for thread in range(16):
        mine = [data for subject, data, _ in heard.all if subject == f"a.{thread}"]
        assert mine == [str(number).encode() for number in range(50)]
    assert len([one for one in threading.enumerate() if one.name == "bus"]) == 1


def test_it_may_be_used_from_a_thread_of_a_program_with_a_loop(broker: LoneNats, heard: Heard) -> None:
    async def story() -> None:
        await asyncio.to_thread(bus.subscribe, "a.b", heard)
        await asyncio.gather(*(asyncio.to_thread(bus.publish, "a.b", b"x") for _ in range(20)))

    asyncio.run(story())
    until(lambda: len(heard.all) == 20)


def test_after_a_close_it_begins_anew(broker: LoneNats, device: Device) -> None:
    device.listen("device.d1.command")
    bus.publish("device.d1.command", b"one")
    bus.close()
    bus.close()
    assert "bus" not in {one.name for one in threading.enumerate()}
    bus.publish("device.d1.command", b"two")
    device.hears(2)


# --- Without one ------------------------------------------------------------------------------------------------------


def test_without_a_broker_it_says_so_soon(no_broker: LoneNats) -> None:
    def fail() -> None:
        with pytest.raises(BusAway) as refusal:
            bus.publish("a.b", b"")
        assert (refusal.value.status, refusal.value.code) == (503, "bus_away")

    assert seconds_of(fail) < 5
    # Only the first waits for a connection.
    assert seconds_of(fail) < 0.5
    with pytest.raises(BusAway):
        bus.request("a.b", b"")
    bus.publish_soon("a.b", b"")
    assert not bus.connected()


def test_without_an_address_there_is_no_bus(no_broker: LoneNats, settings: Settings) -> None:
    settings.NATS_URL = ""
    with pytest.raises(BusAway, match="NATS_URL"):
        bus.publish("a.b", b"")


def test_a_wrong_password_is_a_bus_that_is_away(broker: LoneNats, settings: Settings) -> None:
    settings.NATS_PASSWORD = "wrong"
    with pytest.raises(BusAway):
        bus.publish("a.b", b"")


def test_what_was_subscribed_before_there_was_a_broker_is_heard(no_broker: LoneNats, heard: Heard) -> None:
    bus.subscribe("a.b", heard)
    no_broker.start()
    until(bus.connected)
    bus.publish("a.b", b"at last")
    until(lambda: heard.data == [b"at last"])


def test_it_comes_back_each_time_the_broker_does(broker: LoneNats, heard: Heard) -> None:
    bus.subscribe("a.b", heard)
    for turn in range(3):
        bus.publish("a.b", str(turn).encode())
        until(lambda turn=turn: len(heard.all) == turn + 1)
        os.kill(broker.pid, signal.SIGKILL)
        broker.stop()
        until(lambda: not bus.connected())
        with pytest.raises(BusAway):
            bus.publish("a.b", b"into the void")
        bus.publish_soon("a.b", b"into the void as well")
        broker.start()
        until(bus.connected)
    bus.publish("a.b", b"still here")
    until(lambda: b"still here" in heard.data)
    assert heard.data == [b"0", b"1", b"2", b"still here"]


def test_nothing_that_was_not_sent_in_time_is_sent_late(broker: LoneNats, heard: Heard) -> None:
    """The broker stands still, and dies: whatever lay before it must not reach the next one, least of all motion."""
    bus.subscribe("motion.>", heard)
    bus.publish("motion.before", b"")
    until(lambda: heard.all)
    os.kill(broker.pid, signal.SIGSTOP)
    for _ in range(20):
        bus.publish_soon("motion.large", b"x" * 900_000)
    bus.publish_soon("motion.late", b"go")
    with pytest.raises(BusAway):
        bus.publish("motion.late", b"go")
    os.kill(broker.pid, signal.SIGKILL)
    broker.stop()
    until(lambda: not bus.connected())
    broker.start()
    until(bus.connected)
    bus.publish("motion.after", b"")
    until(lambda: "motion.after" in {subject for subject, _, _ in heard.all})
    assert [subject for subject, _, _ in heard.all] == ["motion.before", "motion.after"]


# --- In another process -----------------------------------------------------------------------------------------------


def _publish_and_end(subject: str) -> None:
    bus.publish(subject, b"from a child")
    bus.close()


def test_a_forked_process_has_a_connection_of_its_own(broker: LoneNats, heard: Heard) -> None:
    """As Celery's workers are made, while their parent's other threads use the bus."""
    bus.subscribe("a.>", heard)
    bus.publish("a.parent", b"before")
    going = threading.Event()

    def keep_on() -> None:
        while not going.is_set():
            bus.publish("a.busy", b"")

    busy = threading.Thread(target=keep_on)
    busy.start()
    try:
        fork = multiprocessing.get_context("fork")
        children = [fork.Process(target=_publish_and_end, args=(f"a.child{number}",)) for number in range(4)]
        for child in children:
            child.start()
        for child in children:
            child.join(20)
        assert [child.exitcode for child in children] == [0, 0, 0, 0]
    finally:
        going.set()
        busy.join()
    bus.publish("a.parent", b"after")
    until(lambda: ("a.parent", b"after", "") in heard.all)
    assert {subject for subject, data, _ in heard.all if data == b"from a child"} == {f"a.child{n}" for n in range(4)}
