"""What a flow does, as a line of versions that nobody changes afterwards."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from django.db.models import F

from flows import definition
from flows.choices import FlowKind
from flows.errors import EditedMeanwhile
from flows.models import Flow, FlowVersion
from rdos.kernel.errors import NotFound
from rdos.kernel.journal import Who, row_of
from rdos.kernel.models import JournalEntry

LONGEST_MESSAGE = 500
EDITS = ("flow.create", "flow.update", "flow.restore")


def text_of(kind: str, content: Any) -> str:
    return content if kind == FlowKind.ORGANISM else orjson.dumps(content).decode()


def content_of(flow: Flow, version: FlowVersion) -> Any:
    return version.content if flow.kind == FlowKind.ORGANISM else orjson.loads(version.content)


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def add(
    *,
    flow: Flow,
    content: Any,
    who: Who,
    message: str = "",
    restored_from: int | None = None,
    anew: bool = False,
    as_it_is: bool = False,
) -> FlowVersion:
    """The next version, inside the transaction that holds the flow's row.

    The same content again is no new version, unless it is wanted anew.
    """
    (definition.check_soundness if as_it_is else definition.check)(flow.kind, content)
    text = text_of(flow.kind, content)
    digest = digest_of(text)
    if flow.current is not None and flow.current.digest == digest and not anew:
        return flow.current
    version = FlowVersion.objects.create(
        flow=flow,
        number=flow.version + 1,
        content=text,
        executable=_executable(flow.kind, content),
        digest=digest,
        message=message[:LONGEST_MESSAGE],
        restored_from=restored_from,
        created_by_kind=who.kind,
        created_by_id=who.id[:128],
        created_by_label=who.label[:200],
    )
    flow.current, flow.version = version, version.number
    return version


def _executable(kind: str, content: Any) -> str:
    if kind == FlowKind.ORGANISM:
        found = definition.program(content)
        return orjson.dumps(found).decode() if found else ""
    return orjson.dumps(definition.executable(content)).decode() if kind == FlowKind.GRAPH else ""


def version_of(flow: Flow, number: int) -> FlowVersion:
    found = FlowVersion.objects.filter(flow=flow, number=number).first()
    if found is None:
        raise NotFound(f"Version {number} not found")
    return found


def between(flow: Flow, before: int, after: int) -> dict[str, Any]:
    """What changed from one version to another; 0 stands for nothing."""
    old, new = (content_of(flow, version_of(flow, number)) if number else None for number in (before, after))
    return definition.difference(flow.kind, old, new)


def insist_unchanged(flow: Flow, seen: int | None, wanted: Mapping[str, Any]) -> None:
    """Whoever edits says which revision they saw; both sides are told when that is not the present one."""
    if seen is not None and seen != flow.revision:
        raise EditedMeanwhile(extra={"yours": {"revision": seen, **wanted}, "theirs": present(flow)})


def present(flow: Flow) -> dict[str, Any]:
    newest = flow.current
    return {
        "revision": flow.revision,
        "version": flow.version,
        "name": flow.name,
        "description": flow.description or None,
        "definition": content_of(flow, newest) if newest else None,
        "canvas_state": flow.canvas,
        "updated_at": flow.updated_at,
        "changed_by": changed_by(flow),
    }


def changed_by(flow: Flow) -> str | None:
    """Whoever changed it last, be it only its name."""
    about = row_of(flow)
    told = JournalEntry.objects.filter(object_kind=about.kind, object_id=about.id, action__in=EDITS)
    return told.order_by("-id").values_list("actor_label", flat=True).first()


def bump(flow: Flow) -> None:
    """By one guarded step: of two edits that saw the same revision one is refused."""
    if not Flow.objects.filter(pk=flow.pk, revision=flow.revision).update(revision=F("revision") + 1):
        raise EditedMeanwhile
    flow.revision += 1
