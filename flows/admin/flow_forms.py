"""What people fill in about a flow. The rules themselves are the services'."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField

from flows import definition
from flows.admin.definition_fields import DefinitionField, UploadField, read
from flows.choices import Access, FlowKind, RunsOn
from flows.errors import InvalidDefinition
from flows.particulars import (
    HIGHEST_PRIORITY,
    LONGEST_DESCRIPTION,
    LONGEST_LABEL,
    LONGEST_MESSAGE,
    LONGEST_NAME,
    LONGEST_RUN_SECONDS,
    LONGEST_TARGET,
    LONGEST_WORD,
    MOST_AT_ONCE,
    MOST_CAPABILITIES,
    MOST_LABELS,
    MOST_RETRIES,
    MOST_TARGETS,
)
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import PLAIN, LabelsField, PageForm, WordsField

ROWS: dict[str, Any] = {"rows": 3, "spellcheck": "false"}
USUAL = ("", "As is usual for its kind")
# Where each field stands on the page.
ABOUT = ("name", "description", "kind", "runs_on", "environment", "access")
HOW = ("priority", "capabilities", "labels", "target_nodes", "max_concurrent", "timeout_seconds", "max_retries")
FIELDS = ("name", "description", "runs_on", "environment", "access", *HOW)


class FlowForm(PageForm):
    """A flow of this kind; a new one says its kind itself."""

    name = forms.CharField(max_length=LONGEST_NAME, widget=forms.TextInput(PLAIN))
    description = forms.CharField(
        max_length=LONGEST_DESCRIPTION, required=False, widget=forms.Textarea({"rows": 2}), help_text="What it is for."
    )
    runs_on = forms.ChoiceField(label="Runs on", choices=RunsOn.choices)
    environment = forms.CharField(
        max_length=LONGEST_WORD, widget=forms.TextInput(PLAIN), help_text="Robots of this environment take its runs."
    )
    access = forms.ChoiceField(label="Who sees it", choices=Access.choices)
    priority = forms.IntegerField(
        min_value=0, max_value=HIGHEST_PRIORITY, help_text=f"From 0, which comes first, to {HIGHEST_PRIORITY}."
    )
    capabilities = WordsField(
        required=False, widget=forms.Textarea(ROWS), help_text="One a line. A robot must have all of them."
    )
    labels = LabelsField(
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="One a line, such as “site: Graz”. A robot’s node must carry all of them.",
    )
    target_nodes = WordsField(
        label="Its own nodes",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="Keys or ids, one a line: where it is deployed to when nobody names others.",
    )
    max_concurrent = forms.IntegerField(
        label="Runs at once", required=False, min_value=1, max_value=MOST_AT_ONCE, help_text="Empty: as many as come."
    )
    timeout_seconds = forms.IntegerField(
        label="Longest run, in seconds", min_value=1, max_value=LONGEST_RUN_SECONDS, help_text="After that it failed."
    )
    max_retries = forms.IntegerField(label="Retries", min_value=0, max_value=MOST_RETRIES)
    definition = DefinitionField()
    upload = UploadField(
        label="Or take it from a file", required=False, help_text="Its text takes the place of what is written above."
    )
    message = forms.CharField(
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.TextInput(PLAIN),
        help_text="What changes and why. It stands beside the version.",
    )

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of_kind = kind

    def clean_capabilities(self) -> list[str]:
        return insist_few(self.cleaned_data["capabilities"], MOST_CAPABILITIES, LONGEST_WORD)

    def clean_target_nodes(self) -> list[str]:
        return insist_few(self.cleaned_data["target_nodes"], MOST_TARGETS, LONGEST_TARGET)

    def clean_labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.cleaned_data["labels"]
        insist_few(list(labels), MOST_LABELS, LONGEST_LABEL)
        insist_few(list(labels.values()), MOST_LABELS, LONGEST_LABEL)
        if "" in labels:
            raise forms.ValidationError("Each is a “name: value”.")
        return labels

    def clean(self) -> dict[str, Any]:
        """What it does is looked at as the services will, so that each fault stands beside the text."""
        data = dict(super().clean() or {})
        text, kind = data.get("upload") or data.get("definition"), data.get("kind", self.of_kind)
        if "upload" not in self.errors and "definition" not in self.errors and kind:
            data |= {"text": text, "content": self._read(kind, text or "")}
            # No browser fills a choice of files again, so a file's text stands in the editor from now on.
            self.data = sent_with(self.data, definition=text or "")
        return data

    def _read(self, kind: str, text: str) -> Any:
        try:
            content = read(kind, text)
            definition.check(kind, content)
        except forms.ValidationError as error:
            self.add_error("definition", error)
        except InvalidDefinition as error:
            self.add_error("definition", list(sentences(error)))
        except DomainError as error:
            self.add_error("definition", error.detail)
        else:
            return content
        return None

    def about(self) -> list[BoundField]:
        return [self[name] for name in ABOUT if name in self.fields]

    def how(self) -> list[BoundField]:
        return [self[name] for name in HOW]

    def how_is_wrong(self) -> bool:
        return any(name in self.errors for name in HOW)


class NewFlowForm(FlowForm):
    kind = forms.ChoiceField(choices=FlowKind.choices, widget=forms.Select({"data-begins": "id_definition"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("", *args, **kwargs)
        self.fields["runs_on"] = forms.ChoiceField(
            label="Runs on", required=False, choices=[USUAL, *RunsOn.choices], initial=""
        )


class EditFlowForm(FlowForm):
    """Every field remembers what it said when the page was opened, so that only what a person changed is changed."""

    seen = forms.IntegerField(widget=forms.HiddenInput())
    seen_version = forms.IntegerField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            self.fields[name].show_hidden_initial = True

    def changed_fields(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS if name in self.changed_data}


def sent_with(data: Any, **said: str) -> Any:
    """What a browser sent, as if it had said this."""
    again = data.copy()
    for name, text in said.items():
        again[name] = text
    return again


def insist_few(words: list[str], most: int, longest: int) -> list[str]:
    if len(words) > most:
        raise forms.ValidationError(f"At most {most}.")
    if any(len(word) > longest for word in words):
        raise forms.ValidationError(f"Each has at most {longest} characters.")
    return words


def sentences(error: InvalidDefinition) -> Iterator[str]:
    """With the place in the definition, for whoever looks for it there."""
    for path, said in (error.errors or {}).items():
        yield from (f"{path}: {one}" if path != "definition" else one for one in said)
