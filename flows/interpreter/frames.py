"""What is open in a run: the flow itself, and inside it loops and blocks."""

from collections.abc import Container
from dataclasses import asdict, dataclass, field
from typing import Any

from .errors import InvalidFlow

FLOW, LOOP, TRY = "flow", "loop", "try"
BODY, CATCH, FINALLY = "body", "catch", "finally"
Error = dict[str, str]


@dataclass
class Frame:
    """`agenda` is what is still to run in it. A block has a phase, and an error that is caught or goes on later."""

    kind: str
    owner: str = ""
    agenda: list[str] = field(default_factory=list)
    phase: str = ""
    error: Error | None = None
    caught: bool = False


def parked(frames: list[Frame]) -> list[dict[str, Any]]:
    return [asdict(frame) for frame in frames]


def unparked(given: list[dict[str, Any]], nodes: Container[str], blocks: Container[str]) -> list[Frame]:
    """Raises for what no machine of this graph has parked."""
    frames = [Frame(**one) for one in given]
    sound = [_is_sound(frame, nodes, blocks) and (frame.kind == FLOW) == (not at) for at, frame in enumerate(frames)]
    if not all(sound):
        raise InvalidFlow("The parked state has a frame that does not belong to this flow.")
    return frames


def _is_sound(frame: Frame, nodes: Container[str], blocks: Container[str]) -> bool:
    owners = {FLOW: [""], LOOP: nodes, TRY: blocks}[frame.kind]
    error = frame.error is None or all(isinstance(frame.error[name], str) for name in ("message", "type", "node_id"))
    phases = (BODY, CATCH, FINALLY) if frame.kind == TRY else ("",)
    agenda: Any = frame.agenda
    known = isinstance(agenda, list) and all(one in nodes for one in agenda)
    return frame.owner in owners and frame.phase in phases and known and error
