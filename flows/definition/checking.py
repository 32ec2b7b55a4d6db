"""Whether something is a definition of its kind."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from flows.choices import FlowKind
from flows.definition import graph, media, nodered, organism, soundness
from flows.definition.findings import MOST, Finding
from flows.errors import InvalidDefinition

Look = Callable[[Any], Iterable[Finding]]

FAULTS: dict[FlowKind, Look] = {
    FlowKind.GRAPH: graph.faults,
    FlowKind.NODERED: nodered.faults,
    FlowKind.ORGANISM: organism.faults,
    FlowKind.MEDIA: media.faults,
}
WARNINGS: dict[FlowKind, Look] = {FlowKind.GRAPH: graph.warnings, FlowKind.NODERED: nodered.warnings}
LARGEST = {FlowKind.MEDIA: media.LARGEST}


def check(kind: str, content: Any) -> list[Finding]:
    """Refuses what is no definition of this kind, or gives what is odd about it."""
    kind = FlowKind(kind)
    _refuse_large(kind, content)
    _refuse(list(islice(_faults(kind, content), MOST + 1)))
    return list(islice(WARNINGS.get(kind, _nothing)(content), MOST))


def check_soundness(kind: str, content: Any) -> None:
    """Refuses only what could not be kept, where a client's word is taken for the rest."""
    _refuse_large(FlowKind(kind), content)
    _refuse(list(islice(soundness.faults(content), MOST + 1)))


def _refuse_large(kind: FlowKind, content: Any) -> None:
    soundness.refuse_large(content, LARGEST.get(kind, soundness.LARGEST))


def _faults(kind: FlowKind, content: Any) -> Iterator[Finding]:
    """The other checks read only what is sound."""
    unsound = False
    for fault in soundness.faults(content):
        unsound = True
        yield fault
    if not unsound:
        yield from FAULTS[kind](content)


def _refuse(found: list[Finding]) -> None:
    if not found:
        return
    told: dict[str, list[str]] = {}
    for one in found[:MOST]:
        told.setdefault(one.path, []).append(one.sentence)
    many = f"The definition is not valid; these are the first {MOST} problems." if len(found) > MOST else None
    raise InvalidDefinition(many, errors=told, kinds={one.path: one.code.lower() for one in found[:MOST]})


def _nothing(_content: Any) -> Iterable[Finding]:
    return ()
