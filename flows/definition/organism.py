"""An organism is a text, and only its runner reads what is in it."""

from collections.abc import Iterator
from typing import Any

from flows.definition.findings import Finding


def faults(content: Any) -> Iterator[Finding]:
    if not isinstance(content, str):
        yield Finding("definition", "INVALID_TYPE", "An organism is a text.")
