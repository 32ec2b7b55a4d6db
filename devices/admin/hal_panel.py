"""What a node of the bus says of its hardware: the last message of each kind, on the page of the node."""

from datetime import datetime, timedelta
from typing import Any

from devices.admin import cells
from devices.admin.hal_boards import ANYTHING, BOARDS, Payload, status
from devices.hal.catalogue import kind_of
from devices.models import HalState, Node
from devices.services.bus_states import MOST_TOPICS
from rdos.kernel.figures import words
from rdos.kernel.secrecy import mask

# What is older is no picture of now.
OLD = timedelta(seconds=10)
# Whoever lists cameras does so twice a minute.
OLD_LIST = timedelta(seconds=90)
NAMES = {
    "motor/differential-telemetry": "Motors",
    "sensor/range-tof": "Distance",
    "sensor/imu": "Balance",
    "camera.discovery": "Cameras",
}
ORDER = list(NAMES)


def boards(node: Node, at: datetime) -> list[dict[str, Any]]:
    found = [_board(row, at) for row in HalState.objects.filter(node=node).order_by("topic")[:MOST_TOPICS]]
    return sorted(found, key=lambda board: (board["rank"], board["topic"]))


def _board(row: HalState, at: datetime) -> dict[str, Any]:
    kind = kind_of(row.schema) or row.topic
    template, read = BOARDS.get(kind, ANYTHING)
    masked = mask(row.payload)
    payload: Payload = masked if isinstance(masked, dict) else {}
    is_old = at - row.at > (OLD_LIST if template == "cameras" else OLD)
    return {
        "topic": row.topic,
        "title": _title(kind, row.topic),
        "rank": ORDER.index(kind) if kind in ORDER else len(ORDER),
        "template": f"console/fleet/hal_{template}.html",
        "at": row.at,
        "age": cells.ago(row.at, at),
        "is_old": is_old,
        **_status(payload, is_old=is_old),
        **read(payload),
    }


def _status(payload: Payload, *, is_old: bool) -> dict[str, Any]:
    """What was well a while ago is no news of now; what was wrong stays so until it is told otherwise."""
    said = status(payload)
    return said | {"tone": "idle"} if is_old and said.get("tone") in ("good", "info") else said


def _title(kind: str, topic: str) -> str:
    which = topic.removeprefix(kind).strip(".")
    name = NAMES.get(kind) or words(kind.replace("/", " "))
    return f"{name}: {which}" if which else name
