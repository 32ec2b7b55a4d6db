"""What devices say on the bus about themselves, read leniently: an announcement, a sign of life, a list of cameras."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.choices import NodeStatus
from devices.hal.reading import DEVICE_ID, LONGEST_CAP
from devices.protocol import text

UNKNOWN = "unknown"
LONGEST_NAME, LONGEST_KIND, LONGEST_ADDRESS = 255, 64, 45
MOST_PAIRS, LONGEST_WORD = 64, 1024
MOST_CAPABILITIES = 64
MICROCONTROLLERS = frozenset({"esp32", "esp8266"})
# The words of heartbeats, of `device.<id>.status` and of HAL heartbeats.
STATUS_WORDS = {
    "online": NodeStatus.ONLINE,
    "active": NodeStatus.ONLINE,
    "idle": NodeStatus.ONLINE,
    "ready": NodeStatus.ONLINE,
    "moving": NodeStatus.ONLINE,
    "streaming": NodeStatus.ONLINE,
    "maintenance": NodeStatus.DEGRADED,
    "warning": NodeStatus.DEGRADED,
    "degraded": NodeStatus.DEGRADED,
    "error": NodeStatus.ERROR,
    "emergency_stop": NodeStatus.ERROR,
    "offline": NodeStatus.OFFLINE,
    "disconnected": NodeStatus.OFFLINE,
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that somebody has seen, or that has spoken itself."""

    key: str
    name: str = ""
    kind: str = UNKNOWN
    address: str = ""
    mac_address: str = ""
    said_capabilities: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def after(self, former: "Sighting | None") -> "Sighting":
        """What this one does not say, the former may have said: an announcement knows more than a heartbeat."""
        if former is None:
            return self
        return Sighting(
            key=self.key,
            name=former.name if self.name in ("", self.key) else self.name,
            kind=former.kind if self.kind == UNKNOWN else self.kind,
            address=self.address or former.address,
            mac_address=self.mac_address or former.mac_address,
            said_capabilities=self.said_capabilities or former.said_capabilities,
            metadata={**former.metadata, **self.metadata},
        )


def driver_of(kind: str) -> str:
    return "esp32" if kind in MICROCONTROLLERS else "generic"


def announced(given: Mapping[str, Any]) -> Sighting | None:
    """P1. None when nothing in it can be a key: an id with a dot would never meet its own heartbeats."""
    said = _pairs(given.get("Text"))
    key = said.pop("node_id", "") or text(given.get("Instance"), 256)
    if not DEVICE_ID.fullmatch(key):
        return None
    kind = said.pop("type", "")[:LONGEST_KIND] or UNKNOWN
    capabilities = said.pop("caps", "")
    return Sighting(
        key=key,
        name=text(given.get("HostName"), LONGEST_NAME) or key,
        kind=kind,
        address=_first(given.get("AddrIPv4"), LONGEST_ADDRESS),
        mac_address=said.pop("mac", "")[:LONGEST_KIND],
        said_capabilities=_words(capabilities),
        metadata=said,
    )


def cameras(key: str, given: Mapping[str, Any]) -> Sighting:
    """P11: `cameras` is null when there are none."""
    found = given.get("cameras")
    devices = [one for one in found if isinstance(one, Mapping)][:MOST_PAIRS] if isinstance(found, list) else []
    return Sighting(key=key, name=key, kind="camera", metadata={"cameras": devices, "camera_count": len(devices)})


def spoken(key: str, given: Mapping[str, Any]) -> Sighting:
    """What a heartbeat tells of whoever was never announced."""
    kind = text(given.get("type"), LONGEST_KIND) or UNKNOWN
    role = text(given.get("role"), LONGEST_KIND)
    address = text(given.get("ip_address"), LONGEST_ADDRESS)
    return Sighting(key=key, name=key, kind=kind, address=address, metadata={"role": role} if role else {})


def status_of(given: Mapping[str, Any], otherwise: NodeStatus = NodeStatus.ONLINE) -> NodeStatus:
    """Whoever says nothing of it, or something that nobody knows, speaks, and so is there."""
    word = given.get("status")
    return STATUS_WORDS.get(word.lower(), otherwise) if isinstance(word, str) else otherwise


def capabilities_of(said: tuple[str, ...]) -> dict[str, str]:
    """As an object: `{"motor.differential": "v1.0"}`."""
    split = [word.partition(":") for word in said]
    return {name.strip(): version.strip() for name, _, version in split if name.strip()}


def _words(listed: str) -> tuple[str, ...]:
    words = [word.strip() for word in listed.split(",")]
    return tuple(word for word in words if 0 < len(word) <= LONGEST_CAP)[:MOST_CAPABILITIES]


def _pairs(given: Any) -> dict[str, str]:
    words = given if isinstance(given, list) else []
    split = [text(word, LONGEST_WORD).partition("=") for word in words[:MOST_PAIRS] if isinstance(word, str)]
    return {name: value for name, sign, value in split if name and sign}


def _first(given: Any, longest: int) -> str:
    return text(given[0], longest) if isinstance(given, list) and given else ""
