"""A media flow as edges know it. Its inputs and outputs differ from one version of the edge to the next: opaque."""

from collections.abc import Iterator
from typing import Any

from flows.definition.findings import Finding
from flows.definition.nodes import LONGEST_ID, word_faults

# It travels inside a command, and that may have 50 KiB.
LARGEST = 48 * 1024
LONGEST_NAME = 256


def faults(content: Any) -> Iterator[Finding]:
    if not isinstance(content, dict):
        yield Finding("definition", "INVALID_TYPE", "A media flow is an object with an `id`.")
        return
    yield from word_faults("id", "id", content.get("id"), LONGEST_ID)
    if content.get("name") not in (None, ""):
        yield from word_faults("name", "name", content["name"], LONGEST_NAME)
    if not isinstance(content.get("enabled"), bool | None):
        yield Finding("enabled", "INVALID_TYPE", "This is true or false.")
