"""Why the hub closes a socket. Clients treat every code alike; people read the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Closing:
    code: int
    reason: str


LONGEST_REASON = 123
REFUSED = 1008
# Not said by anybody: the wire broke.
LOST = Closing(1006, "connection lost")
REPLACED = Closing(4000, "replaced by a newer connection")
SILENT = Closing(4008, "nothing was heard for too long")
TOO_SLOW = Closing(4009, "it does not read what it is sent")
TOO_MANY_BAD_FRAMES = Closing(1007, "too many malformed frames")
TRY_AGAIN = Closing(1013, "the hub is busy; try again")
STOPPING = Closing(1012, "the hub restarts")


def ending(message: Mapping[str, Any], other_side: str) -> Closing:
    """uvicorn gives a reason, though perhaps an empty one, only when a Close frame came."""
    if "reason" in message:
        said = str(message["reason"] or "")[:LONGEST_REASON].replace("\x00", "\ufffd")
        return Closing(message.get("code") or 1005, said or f"closed by the {other_side}")
    return STOPPING if message.get("code") == STOPPING.code else LOST
