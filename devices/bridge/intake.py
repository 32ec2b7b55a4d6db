"""What a message means, told by its subject: whose word it is, and where it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from devices import bus_words
from devices.bridge.acquaintance import Known, Strangers
from devices.bridge.evidence import Evidences
from devices.bridge.stores import Stores
from devices.bridge.topics import Topics
from devices.bus_words import Sighting
from devices.choices import NodeStatus
from devices.drivers.figures import every_number
from devices.errors import MalformedFrame
from devices.hal import motion, reading
from devices.hal.catalogue import kinds
from devices.hal.figures import IDS, figures
from devices.hal.reading import HalMessage
from devices.protocol import text
from devices.services.bus_presence import CAMERA_SILENT_AFTER, Sign
from devices.services.bus_states import ALERT_EVERY, LARGEST, LONGEST_TOPIC, State
from rdos.kernel.bus.subjects import OWN, is_part
from rdos.kernel.intake import READINGS, NodeEvent, Reading

# A robot that only drives is there as well, but its row need not hear of it ten times a second.
SIGN_EVERY = timedelta(seconds=5)
MOTOR = "motor/differential-telemetry"
# More than any robot says of one sensor; few of these wait at once.
LARGE = 2048
# What stands before a device's own id at the end of a subject.
OWNED = frozenset({"telemetry", "event", "announce", "response", "frame", "status"})


@dataclass(slots=True)
class _Told:
    at: datetime
    latched: bool | None


class Intake:
    def __init__(self, stores: Stores, evidences: Evidences) -> None:
        self._stores = stores
        self._evidences = evidences
        self.known: dict[str, Known] = {}
        self.strangers = Strangers()
        self._told: dict[UUID, _Told] = {}
        self._alerted: dict[UUID, datetime] = {}
        self._topics = Topics()
        self.malformed = 0

    def take(self, heard: list[tuple[str, bytes]], at: datetime) -> None:
        """On the loop, a few times a second."""
        readings: list[Reading] = []
        for subject, data in heard:
            try:
                self._route(subject, data, at, readings)
            except MalformedFrame:
                self.malformed += 1
        if readings:
            READINGS.give(readings)
        self._stores.hand_over()

    def acquaint(self, known: dict[str, Known], at: datetime) -> None:
        self.known = known
        nodes = {one.node_id for one in known.values()}
        self._topics.forget_all_but(nodes)
        self._told = {node_id: told for node_id, told in self._told.items() if node_id in nodes}
        self._alerted = {node_id: alerted for node_id, alerted in self._alerted.items() if node_id in nodes}
        self.take(self.strangers.now_known(known, at), at)

    def _route(self, subject: str, data: bytes, at: datetime, readings: list[Reading]) -> None:
        words = subject.removeprefix(OWN).split(".")
        if words[0] == "hal":
            self._hal(subject, words, data, at, readings)
        elif subject == "device.discovered":
            self._discovered(data)
        elif len(words) == 3 and (take := WORDS.get((words[0], words[2]))):
            take(self, words[1], subject, data, at, readings)

    # --- What devices say of themselves

    def _discovered(self, data: bytes) -> None:
        sighting = bus_words.announced(reading.an_object(data))
        if sighting is not None:
            self._stores.sighting(sighting)

    def _heartbeat(self, key: str, subject: str, data: bytes, at: datetime, readings: list[Reading]) -> None:
        given = reading.an_object(data)
        known = self._whose(key, subject, data, at, lambda: bus_words.spoken(key, given))
        if known is None:
            return
        if known.kind == bus_words.UNKNOWN and given.get("type"):
            self._stores.sighting(bus_words.spoken(key, given))
        address = text(given.get("ip_address"), bus_words.LONGEST_ADDRESS)
        self._stores.sign(known.node_id, Sign(at=at, status=bus_words.status_of(given), health=given, address=address))
        self._read(known, every_number(given), at, readings)

    def _status(self, key: str, subject: str, data: bytes, at: datetime, readings: list[Reading]) -> None:
        given = reading.an_object(data)
        if known := self._whose(key, subject, data, at, lambda: bus_words.spoken(key, given)):
            self._stores.sign(known.node_id, Sign(at=at, status=bus_words.status_of(given)))

    def _telemetry(self, key: str, subject: str, data: bytes, at: datetime, readings: list[Reading]) -> None:
        given = reading.an_object(data)
        if known := self._whose(key, subject, data, at, lambda: Sighting(key, name=key)):
            self._read(known, every_number(given), at, readings)
            self._alive(known, at)

    # --- HAL

    def _hal(self, subject: str, words: list[str], data: bytes, at: datetime, readings: list[Reading]) -> None:
        if "cmd" in words:
            return
        if words[2:4] == ["camera", "discovery"]:
            self._cameras(words[-1], subject, data, at)
        elif len(words) > 4 and words[-2] in OWNED:
            message = reading.message(data)
            if known := self._whose(words[-1], subject, data, at, lambda: Sighting(words[-1], name=words[-1])):
                self._told_of(known, message, data, at, readings)
        else:
            self._shared(subject, data, at, readings)

    def _shared(self, subject: str, data: bytes, at: datetime, readings: list[Reading]) -> None:
        """Here only the message says whose it is."""
        message = reading.message(data)
        key = message.device_id
        known = self._whose(key, subject, data, at, lambda: _introduced(message))
        if known is not None:
            self._told_of(known, message, data, at, readings)

    def _told_of(self, known: Known, message: HalMessage, data: bytes, at: datetime, readings: list[Reading]) -> None:
        if message.kind == "system/heartbeat":
            sign = Sign(at=at, status=bus_words.status_of(message.payload), health=dict(message.payload))
            self._stores.sign(known.node_id, sign)
        elif message.kind == "system/discovery":
            self._stores.sighting(_introduced(message))
        self._read(known, figures(message), at, readings)
        self._state(known, topic_of(message), State(at, message.schema, message.payload), data)
        if message.kind == MOTOR:
            self._evidences.look(known.node_id, message.payload)
            self._alive(known, at, latched=motion.is_latched(message.payload))
        else:
            self._alive(known, at)
        if "alert" in message.payload:
            self._alert(known, message, at)

    def _cameras(self, key: str, subject: str, data: bytes, at: datetime) -> None:
        sighting = bus_words.cameras(key, reading.an_object(data)) if is_part(key) else None
        if sighting is None:
            return
        self._stores.sighting(sighting)
        if known := self._whose(key, subject, data, at, lambda: sighting):
            self._stores.sign(known.node_id, Sign(at=at, status=NodeStatus.ONLINE, lasts=CAMERA_SILENT_AFTER))
            self._state(known, "camera.discovery", State(at, "", dict(sighting.metadata)), data)

    # --- Who it was

    def _whose(self, key: str, subject: str, data: bytes, at: datetime, seen: Callable[[], Sighting]) -> Known | None:
        """A stranger's word waits until there is a row. Whoever has a credential speaks with it or not at all."""
        known = self.known.get(key)
        if known is None and is_part(key) and self.strangers.note(key, subject, data, at):
            self._stores.sighting(seen())
        if known is not None and known.has_credential != subject.startswith(OWN):
            return None
        return known

    def _alive(self, known: Known, at: datetime, *, latched: bool | None = None) -> None:
        told = self._told.get(known.node_id)
        changed = told is None or (latched is not None and latched != told.latched)
        if told is not None and not changed and at - told.at < SIGN_EVERY:
            return
        before = None if told is None else told.latched
        self._told[known.node_id] = _Told(at, before if latched is None else latched)
        # Only what this message says: another bridge may have heard of a release.
        self._stores.sign(known.node_id, Sign(at=at, latched=latched))

    def _state(self, known: Known, topic: str, state: State, data: bytes) -> None:
        """What is too large is known by its numbers, long before it waits to be stored."""
        # The kinds that the project knows are few: made-up sensors do not keep them out.
        if topic in kinds() or self._topics.admits(known.node_id, topic, state.at):
            kept = state if len(data) <= LARGEST else state.of_numbers()
            self._stores.state(known.node_id, topic, kept, is_large=LARGE < len(data) <= LARGEST)

    def _read(self, known: Known, values: list[tuple[str, float]], at: datetime, readings: list[Reading]) -> None:
        if values:
            readings.append(Reading(known.node_id, at, values))

    def _alert(self, known: Known, message: HalMessage, at: datetime) -> None:
        # The row decides; this only keeps it from being asked ten times a second.
        last = self._alerted.get(known.node_id)
        if last is not None and at - last < ALERT_EVERY:
            return
        self._alerted[known.node_id] = at
        self._stores.event(
            NodeEvent(known.node_id, at, "warning", "hal.alert", _sentence(message.payload), dict(message.payload))
        )


Take = Callable[[Intake, str, str, bytes, datetime, list[Reading]], None]
WORDS: dict[tuple[str, str], Take] = {
    ("node", "heartbeat"): Intake._heartbeat,
    ("device", "status"): Intake._status,
    ("device", "telemetry"): Intake._telemetry,
}


def topic_of(message: HalMessage) -> str:
    """What tells one part of a robot from another: `motor/differential-telemetry`, `sensor/range-tof.tof-front`."""
    which = next((word for key in IDS if is_part(word := message.payload.get(key))), "")
    return ".".join(filter(None, [message.kind or "hal", which]))[:LONGEST_TOPIC]


def _introduced(message: HalMessage) -> Sighting:
    """What a HAL discovery tells, or only that somebody spoke."""
    if message.kind != "system/discovery":
        return Sighting(message.device_id, name=message.device_id)
    network = message.payload.get("network")
    found: Mapping[str, Any] = network if isinstance(network, Mapping) else {}
    metadata = message.payload.get("metadata")
    return Sighting(
        key=message.device_id,
        name=text(found.get("hostname"), bus_words.LONGEST_NAME) or message.device_id,
        kind=text(message.payload.get("device_type"), bus_words.LONGEST_KIND) or bus_words.UNKNOWN,
        address=text(found.get("ip_address"), bus_words.LONGEST_ADDRESS),
        mac_address=text(found.get("mac_address"), bus_words.LONGEST_KIND),
        said_capabilities=message.caps,
        metadata=metadata if isinstance(metadata, Mapping) else {},
    )


def _sentence(payload: Mapping[str, Any]) -> str:
    word = text(payload.get("alert"), 100).replace("_", " ")
    where = text(payload.get("sensor_id"), 64)
    distance = payload.get("range_meters")
    near = f" at {distance:g} m" if isinstance(distance, int | float) else ""
    return f"{word.capitalize()}{near}" + (f" ({where})" if where else "")
