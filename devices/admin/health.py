"""A node's last health as a person reads it, in the order in which the node says it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rdos.kernel.figures import said, words

MOST_FACTS = 40


def facts(health: object) -> list[tuple[str, str]]:
    found = _facts(health, "") if isinstance(health, Mapping) else iter(())
    return [pair for pair, _ in zip(found, range(MOST_FACTS), strict=False)]


def _facts(health: Mapping[str, Any], inside: str) -> Iterator[tuple[str, str]]:
    for name, value in health.items():
        label = words(f"{inside}_{name}" if inside else str(name))
        if isinstance(value, Mapping) and not inside:
            yield from _facts(value, str(name))
        elif isinstance(value, Mapping | list):
            yield label, f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
        elif value is not None and value != "":
            yield label, said(str(name), value)
