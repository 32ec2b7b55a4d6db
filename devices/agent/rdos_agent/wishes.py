"""What the config says about jobs. Without a word this node takes none."""

import re
from dataclasses import dataclass
from typing import Any

from rdos_agent.problems import CommandRefused

MOST_AT_ONCE, MOST_WORDS = 16, 100
WORD = re.compile(r"[^\x00-\x1f]{1,64}")
KNOWN = {"enabled", "max_concurrent", "environment", "capabilities"}


@dataclass(frozen=True)
class Wishes:
    enabled: bool = False
    max_concurrent: int = 1
    environment: str = "default"
    capabilities: tuple[str, ...] = ()


def wishes(given: Any) -> Wishes:
    """Refuses what makes no sense, and names it."""
    if given is None:
        return Wishes()
    if not isinstance(given, dict) or given.keys() - KNOWN:
        raise _wrong(f"jobs must be an object of {', '.join(sorted(KNOWN))}.")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    found = Wishes(**values)
    if type(found.enabled) is not bool:
        raise _wrong("jobs.enabled must be true or false.")
    if type(found.max_concurrent) is not int or not 1 <= found.max_concurrent <= MOST_AT_ONCE:
        raise _wrong(f"jobs.max_concurrent must be a whole number from 1 to {MOST_AT_ONCE}.")
    if not _is_word(found.environment):
        raise _wrong("jobs.environment must be a text of up to 64 characters.")
    words = found.capabilities
    if type(words) is not tuple or len(words) > MOST_WORDS or not all(_is_word(one) for one in words):
        raise _wrong("jobs.capabilities must be a list of texts of up to 64 characters.")
    return found


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and WORD.fullmatch(value) is not None


def _wrong(sentence: str) -> CommandRefused:
    return CommandRefused("validation_error", sentence)
