"""The definition of a flow as a text that a person writes, or has in a file."""

from typing import Any

import orjson
from django import forms

from flows.choices import FlowKind
from flows.definition import blank
from flows.definition.soundness import LARGEST, MEBIBYTE
from flows.models import Flow, FlowVersion
from flows.services.versions import content_of
from rdos.kernel.forms import JsonField

# As large as the largest definition, and some room for how it is written.
LARGEST_FILE = 2 * LARGEST
BYTE_ORDER_MARK = "\ufeff"
START = {"node_id": "start", "node_type": "StartNode"}
END = {"node_id": "end", "node_type": "EndNode"}
WAY = {"source_node": "start", "source_port": "exec_out", "target_node": "end", "target_port": "exec_in"}
# Shorter than this there is nothing to run.
BEGINNINGS: dict[str, Any] = {
    FlowKind.GRAPH: {"nodes": {"start": START, "end": END}, "connections": [WAY]},
    FlowKind.MEDIA: {"id": "my-flow", "name": "My flow", "enabled": True},
}


class DefinitionField(forms.CharField):
    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label="Definition", strip=False, required=False, **kwargs)
        self.widget.attrs |= {"rows": 18, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}
        self.widget.attrs |= {"class": "c-code", "data-editor": "", "autocapitalize": "off"}

    def to_python(self, value: Any) -> Any:
        return plain(super().to_python(value) or "")


class UploadField(forms.FileField):
    """Gives the text that is in the file."""

    widget = forms.FileInput(attrs={"accept": ".json,.yaml,.yml,.txt", "data-fills": "id_definition"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        file: Any = super().clean(data, initial)
        if not file:
            return None
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(f"The file is larger than {LARGEST_FILE // MEBIBYTE} MB.")
        try:
            return plain(file.read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is no text in UTF-8.") from error


def plain(text: str) -> str:
    """Browsers send the ends of lines in their own way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix(BYTE_ORDER_MARK)


def read(kind: str, text: str) -> Any:
    if not text.strip():
        raise forms.ValidationError("Write what the flow does.")
    if kind == FlowKind.ORGANISM:
        return text
    found = JsonField(kind=object, required=False).clean(text)
    if found is None:
        raise forms.ValidationError("`null` is no definition.")
    return found


def written_out(flow: Flow, version: FlowVersion | None) -> str:
    """Whole, for whoever changes it: what was masked could not be saved again."""
    return as_text(content_of(flow, version)) if version else ""


def as_text(content: Any) -> str:
    return content if isinstance(content, str) else orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def beginnings() -> dict[str, str]:
    """What a new flow of each kind begins with."""
    return {kind: as_text(BEGINNINGS.get(kind) or blank(kind)) for kind in FlowKind.values}
