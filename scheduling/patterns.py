"""Which actions of the journal a filter means: `node.disconnect`, `execution.*`, `*.delete`, `*`."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

LONGEST = 100
# One `*` a part: two of them could be tried in very many ways.
PART = r"(?:[a-z0-9_]+\*?[a-z0-9_]*|\*[a-z0-9_]*)"
SOUND = re.compile(rf"{PART}(?:\.{PART})*")


def is_sound(pattern: object) -> bool:
    return isinstance(pattern, str) and len(pattern) <= LONGEST and SOUND.fullmatch(pattern) is not None


def fits(pattern: str, action: str) -> bool:
    """A `*` stands for anything within a part; as the whole last part, for all that follows."""
    return _compiled(pattern).fullmatch(action) is not None


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    *parts, last = pattern.split(".")
    spelled = [re.escape(part).replace(r"\*", "[^.]*") for part in parts]
    spelled.append(".+" if last == "*" else re.escape(last).replace(r"\*", "[^.]*"))
    return re.compile(r"\.".join(spelled))


class Index(Generic[T]):
    """Who heeds which actions. Looked through by the first part, and once for each action."""

    def __init__(self, heeders: Iterable[tuple[Sequence[str], T]]) -> None:
        self._by_first: dict[str, list[tuple[Sequence[str], T]]] = defaultdict(list)
        self._found: dict[str, list[T]] = {}
        for patterns, heeder in heeders:
            for first in {_first(pattern) for pattern in patterns or ("*",)}:
                self._by_first[first].append((patterns, heeder))

    def heeding(self, action: str) -> list[T]:
        if action not in self._found:
            self._found[action] = self._look(action)
        return self._found[action]

    def _look(self, action: str) -> list[T]:
        near = [*self._by_first.get(_first(action), ()), *self._by_first.get("", ())]
        # Several patterns of one heeder may lie in both.
        found = {id(heeder): heeder for patterns, heeder in near if _any_fits(patterns, action)}
        return list(found.values())


def _first(pattern: str) -> str:
    first = pattern.partition(".")[0]
    return "" if "*" in first else first


def _any_fits(patterns: Sequence[str], action: str) -> bool:
    return not patterns or any(fits(pattern, action) for pattern in patterns)
