"""A node's last health as a person reads it: by name, so that what belongs together stands together."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from rdos.kernel.figures import said, words

MOST_FACTS = 40


def facts(health: object, reason: str = "") -> list[tuple[str, str]]:
    """Without the status and its reason, which the head of the page says already."""
    if not isinstance(health, Mapping):
        return []
    beside = {name: value for name, value in health.items() if name != "status" and (not reason or value != reason)}
    return sorted(islice(_facts(beside, ""), MOST_FACTS))


def _facts(health: Mapping[str, Any], inside: str) -> Iterator[tuple[str, str]]:
    for name, value in health.items():
        label = words(f"{inside}_{name}" if inside else str(name))
        if isinstance(value, Mapping) and not inside:
            yield from _facts(value, str(name))
        elif isinstance(value, Mapping | list):
            yield label, f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
        elif value is not None and value != "":
            yield label, said(str(name), value)
