"""Flows come in as files: read within bounds, told apart by what is in them, all or none of them written."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import UUID
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.db import IntegrityError, transaction

from flows import definition
from flows.access import flows_for
from flows.choices import FlowKind
from flows.definition.findings import shown
from flows.models import Flow
from flows.services import flows
from rdos.kernel.actors import Actor
from rdos.kernel.errors import Conflict, InvalidInput, TooLarge

MEBIBYTE = 1024 * 1024
MOST_FILES, LARGEST_FILE, LARGEST_TOTAL = 1000, 12 * MEBIBYTE, 40 * MEBIBYTE
UNREADABLE = (BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError)
FORMAT_WORDS = frozenset({"definition", "organism_yaml"})


@dataclass(frozen=True)
class Arrival:
    """A flow out of a file, checked."""

    file: str
    content: Any
    fields: dict[str, Any]
    kind: str = FlowKind.GRAPH
    message: str = ""
    id: UUID | None = None


@dataclass(frozen=True)
class Taken:
    file: str
    flow: Flow
    created: bool


@contextmanager
def naming(file: str) -> Iterator[None]:
    """Whatever is refused inside is told by the name of its file."""
    try:
        yield
    except InvalidInput as error:
        found = error.errors or {"": [error.detail]}
        raise InvalidInput(
            errors={f"{shown(file)}: {name}".removesuffix(": "): texts for name, texts in found.items()}
        ) from error


def unpacked(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """The JSON files of an archive. Their names are told and never used as paths."""
    try:
        archive = ZipFile(file)
    except UNREADABLE as error:
        raise InvalidInput("This is no archive that can be read.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if _is_flow(entry)]
        if len(entries) > MOST_FILES:
            raise TooLarge(f"At most {MOST_FILES} flows come in at once.")
        if not entries:
            raise InvalidInput("There is no flow in it: its files do not end with .json.")
        yield from _read_all(archive, entries)


def _is_flow(entry: ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return not entry.is_dir() and path.suffix.lower() == ".json" and not hidden


def _read_all(archive: ZipFile, entries: Sequence[ZipInfo]) -> Iterator[tuple[str, bytes]]:
    """What an archive says of its sizes is not believed."""
    total = 0
    for entry in entries:
        raw = _read(archive, entry)
        total += len(raw)
        if len(raw) > LARGEST_FILE or total > LARGEST_TOTAL:
            raise TooLarge(
                f"{shown(entry.filename)}: one flow has at most 10 MB, all of them {LARGEST_TOTAL >> 20} MB."
            )
        yield entry.filename, raw


def _read(archive: ZipFile, entry: ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            return file.read(LARGEST_FILE + 1)
    except UNREADABLE as error:
        raise InvalidInput(errors={shown(entry.filename): ["This file cannot be read."]}) from error


def document_in(name: str, data: Any) -> dict[str, Any]:
    """A file of our own, or a bare workflow or Node-RED export that has no name but its file's."""
    stem = PurePosixPath(name).stem[:255].strip() or "flow"
    if isinstance(data, list):
        return {"name": stem, "kind": FlowKind.NODERED, "definition": data}
    if not isinstance(data, dict):
        raise InvalidInput("A flow is an object.")
    if FORMAT_WORDS & set(data):
        return {"name": stem, **data}
    kind = FlowKind.GRAPH if "nodes" in data else FlowKind.NODERED if "flows" in data else None
    if kind is None:
        raise InvalidInput("This is no flow: it has neither a `definition` nor `nodes`.")
    return {"name": (definition.name_of(data) or stem)[:255], "kind": kind, "definition": data}


@transaction.atomic
def take(
    *, actor: Actor, arrivals: Sequence[Arrival], at: datetime, over: bool, counted: bool = False, **born: Any
) -> list[Taken]:
    """As new flows; or, `over` those of the same ids, as their next versions."""
    taken = []
    for arrival in arrivals:
        with naming(arrival.file):
            taken.append(_take(actor, arrival, at, over, counted, born))
    return taken


def _take(actor: Actor, arrival: Arrival, at: datetime, over: bool, counted: bool, born: dict[str, Any]) -> Taken:
    pk = arrival.id if over else None
    told: dict[str, Any] = {"content": arrival.content, "message": arrival.message}
    if pk is not None and flows_for(actor).filter(pk=pk).exists():
        flow = flows.update(actor=actor, pk=pk, at=at, fields=arrival.fields, **told)
        return Taken(arrival.file, flow, created=False)
    # Somebody else's flow of this id is none of our business.
    free = None if pk is None or Flow.objects.filter(pk=pk).exists() else pk
    fields = {**arrival.fields, **born}
    try:
        flow = flows.create(actor=actor, kind=arrival.kind, pk=free, counted=counted, **fields, **told)
    except IntegrityError as error:
        raise Conflict("Somebody else has just made a flow of the same id.") from error
    return Taken(arrival.file, flow, created=True)
