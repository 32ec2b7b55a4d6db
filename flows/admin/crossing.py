"""Two people edit one flow: whoever saves second sees both sides, and nothing of either is lost."""

from dataclasses import dataclass, field
from typing import Any

from django.forms import Field

from flows.admin import comparing
from flows.admin.definition_fields import plain, written_out
from flows.admin.flow_forms import FIELDS, EditFlowForm, sent_with
from flows.models import Flow, FlowVersion
from flows.services.versions import changed_by, content_of


@dataclass
class Met:
    """What the page says of it."""

    who: str
    # What only they changed: it is taken over.
    theirs: list[dict[str, str]] = field(default_factory=list)
    # What both changed; mine stands in the form.
    both: list[dict[str, str]] = field(default_factory=list)
    takes_definition: bool = False
    definition: dict[str, Any] | None = None


def facts(flow: Flow) -> dict[str, Any]:
    """What an edit begins with."""
    told = {name: getattr(flow, name) for name in FIELDS}
    seen = {"seen": flow.revision, "seen_version": flow.version}
    return {**told, **seen, "definition": written_out(flow, flow.current)}


def seen_now(flow: Flow) -> dict[str, str]:
    return {"seen": str(flow.revision), "seen_version": str(flow.version)}


def version_seen(flow: Flow, form: EditFlowForm) -> FlowVersion | None:
    return FlowVersion.objects.filter(flow=flow, number=form.cleaned_data["seen_version"]).first()


def met(flow: Flow, mine: EditFlowForm) -> tuple[EditFlowForm, Met]:
    """As if the page had been opened just now, and the person had written the same again."""
    found, data = Met(changed_by(flow) or "Somebody"), sent_with(mine.data, **seen_now(flow))
    for name in FIELDS:
        _meet(name, getattr(flow, name), mine, data, found)
    _meet_definitions(flow, mine, data, found)
    return EditFlowForm(flow.kind, data, initial=facts(flow)), found


def _meet(name: str, value: Any, mine: EditFlowForm, data: Any, found: Met) -> None:
    box, place = mine[name], mine[name].html_initial_name
    before, wanted, present = plain(data.get(place, "")), plain(data.get(name, "")), shown(box.field, value)
    row = {"label": str(box.label), "before": before, "theirs": present, "mine": wanted}
    if present not in (before, wanted):
        (found.theirs if wanted == before else found.both).append(row)
    if wanted == before:
        data[name] = present
    data[place] = present


def shown(field: Field, value: Any) -> str:
    """As it stands in its box."""
    text = field.prepare_value(value)
    return "" if text is None else plain(str(text))


def _meet_definitions(flow: Flow, mine: EditFlowForm, data: Any, found: Met) -> None:
    before, present = (written_out(flow, version) for version in (version_seen(flow, mine), flow.current))
    wanted = mine.cleaned_data["text"]
    if present in (before, wanted):
        return
    if wanted == before:
        found.takes_definition, data["definition"] = True, present
    elif flow.current is not None:
        found.definition = comparing.compared(flow, content_of(flow, flow.current), mine.cleaned_data["content"])
