"""How a flow is written and read: in the hub's own form, or in that of the accent that is spoken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flows import definition
from flows.api.shapes import flows as own
from flows.api.shapes import flows_bloxserver as bloxserver
from flows.choices import Access, FlowKind, RunsOn
from flows.errors import FlowNotFound
from flows.models import Flow
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import LATEST_CHANGED, NEWEST, Order
from rdos.kernel.api.parsing import parse_json
from rdos.kernel.api.serializers import RequestSerializer
from rdos.kernel.errors import DomainError, InvalidInput, InvalidPath, MalformedBody

Said = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What a client wants a flow to be."""

    fields: dict[str, Any]
    content: Any = None
    message: str = ""
    kind: str = FlowKind.GRAPH


@dataclass(frozen=True)
class Form:
    create: type[RequestSerializer]
    update: type[RequestSerializer]
    made: Callable[[Said], Wanted]
    # Of a flow of this kind.
    changed: Callable[[Said, str], Wanted]
    shown: Callable[[Flow], dict[str, Any]]
    summary: Callable[[Said], dict[str, Any]]
    columns: tuple[str, ...]
    order: Order
    no_such_id: Callable[[], DomainError] = FlowNotFound
    # What a flow is that is made in this form.
    born: Said = field(default_factory=dict)
    counted: bool = False


def form_of(request: object) -> Form:
    return FORMS.get(accent_of(request).name, OWN)


NOT_FIELDS = ("definition", "organism_yaml", "kind", "message", "canvas_state", "description")


def _fields(said: Said) -> dict[str, Any]:
    """In the words of the model."""
    fields = {name: value for name, value in said.items() if name not in NOT_FIELDS}
    if "description" in said:
        fields["description"] = said["description"] or ""
    if "canvas_state" in said:
        fields["canvas"] = said["canvas_state"]
    return fields


def _made(said: Said) -> Wanted:
    text = said.get("organism_yaml")
    kind = said.get("kind") or (FlowKind.GRAPH if text is None else FlowKind.ORGANISM)
    given = said.get("definition", text if kind == FlowKind.ORGANISM else None)
    content = definition.blank(kind) if given is None else given
    if content is None:
        raise InvalidInput(errors={"definition": ["This field is required."]}, misshapen=True)
    return Wanted(_fields(said), content, said.get("message", ""), kind)


def _changed(said: Said, kind: str) -> Wanted:
    return Wanted(_fields(said), said.get("definition"), said.get("message", ""), kind)


def _text_made(said: Said) -> Wanted:
    text = said.get("organism_yaml")
    content = definition.blank(FlowKind.ORGANISM) if text is None else text
    return Wanted(_fields(said), content, kind=FlowKind.ORGANISM)


def _text_changed(said: Said, kind: str) -> Wanted:
    text = said.get("organism_yaml")
    content = text if text is None or kind == FlowKind.ORGANISM else _read(text, kind)
    return Wanted(_fields(said), content, kind=kind)


def _read(text: str, kind: str) -> Any:
    try:
        return parse_json(text.encode())
    except MalformedBody as error:
        told = f"This flow is of kind {kind}: its text is JSON. {error}"
        raise InvalidInput(errors={"organismYaml": [told]}) from error


def _not_a_uuid() -> DomainError:
    return InvalidPath("Input should be a valid UUID", errors={"flow_id": ["Input should be a valid UUID"]})


OWN = Form(
    create=own.CreateFlowRequest,
    update=own.UpdateFlowRequest,
    made=_made,
    changed=_changed,
    shown=own.flow,
    summary=own.summary,
    columns=own.COLUMNS,
    order=NEWEST,
)
FORMS: dict[str, Form] = {
    # What is made here is its maker's own.
    "nodetool": replace(OWN, born={"access": Access.PRIVATE}),
    "bloxserver": Form(
        create=bloxserver.CreateFlowRequest,
        update=bloxserver.UpdateFlowRequest,
        made=_text_made,
        changed=_text_changed,
        shown=bloxserver.flow,
        summary=bloxserver.summary,
        columns=bloxserver.SUMMARY,
        order=LATEST_CHANGED,
        no_such_id=_not_a_uuid,
        born={"access": Access.PRIVATE, "runs_on": RunsOn.HUB},
        counted=True,
    ),
}
