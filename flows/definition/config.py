"""What the config of a node may hold. The hub evaluates none of it; robots do, and refuse a whole flow for this."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from flows.definition.findings import Finding, path
from flows.definition.soundness import parts

DEEPEST = 10
LONGEST_TEXT = 10_000
FORBIDDEN = (
    "__import__",
    "eval(",
    "exec(",
    "compile(",
    "open(",
    "os.system",
    "subprocess",
    "pickle",
    "marshal",
    "__globals__",
    "__builtins__",
)

Place = tuple[Any, ...]


def faults(config: Any, place: Place) -> Iterator[Finding]:
    if isinstance(config, dict):
        yield from _faults_inside(config, place)
    elif config is not None:
        yield Finding(path(*place), "INVALID_CONFIG", "A config is an object.")


def _faults_inside(config: dict[str, Any], top: Place) -> Iterator[Finding]:
    waiting: deque[tuple[Place, Any]] = deque([(top, config)])
    while waiting:
        place, holder = waiting.popleft()
        if len(place) - len(top) >= DEEPEST:
            yield Finding(path(*place), "TOO_DEEP", f"A config has at most {DEEPEST} levels.")
            continue
        for part, item in parts(holder):
            if isinstance(item, dict | list) and item:
                waiting.append(((*place, part), item))
            yield from _text_faults(place, part, item)


def _text_faults(place: Place, part: Any, item: Any) -> Iterator[Finding]:
    for text in (part, item):
        if not isinstance(text, str):
            continue
        if len(text) > LONGEST_TEXT:
            yield Finding(path(*place, part), "TOO_LONG", f"A text has at most {LONGEST_TEXT} characters.")
        word = _forbidden(text)
        if word:
            yield Finding(path(*place, part), "FORBIDDEN_TEXT", f"No config may hold `{word}`.")


def _forbidden(text: str) -> str:
    lowered = text.lower()
    return next((word for word in FORBIDDEN if word in lowered), "")
