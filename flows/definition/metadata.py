"""What a graph says beside its nodes."""

from collections.abc import Iterator
from typing import Any

from flows.definition.findings import Finding

LONGEST = {"name": 256, "description": 10_000, "version": 50}


def faults(graph: dict[str, Any]) -> Iterator[Finding]:
    for name in ("metadata", "variables", "settings"):
        if not isinstance(graph.get(name), dict | None):
            yield Finding(name, "INVALID_TYPE", "This is an object.")
    metadata = graph.get("metadata")
    if isinstance(metadata, dict):
        yield from _text_faults(metadata)


def _text_faults(metadata: dict[str, Any]) -> Iterator[Finding]:
    for name, longest in LONGEST.items():
        if not isinstance(metadata.get(name), str | None):
            yield Finding(f"metadata.{name}", "INVALID_TYPE", "This is a text.")
        elif len(metadata.get(name) or "") > longest:
            yield Finding(f"metadata.{name}", "TOO_LONG", f"At most {longest} characters.")
