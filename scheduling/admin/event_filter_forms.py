"""What people say of an event trigger: which entries of the journal it heeds."""

from collections.abc import Mapping
from typing import Any

from django import forms

from rdos.kernel.actors import Actor
from rdos.kernel.forms import LabelsField, WordsField
from scheduling.admin.fields import SpanField
from scheduling.admin.trigger_forms import RUNS, TriggerForm, initial_of
from scheduling.models import EventFilter
from scheduling.particulars import (
    LONGEST_ACTION,
    LONGEST_CONDITION,
    LONGEST_LABEL,
    MOST_ACTIONS,
    MOST_LABELS,
)
from scheduling.services import severities
from scheduling.services.event_filters import FIELDS, LONGEST_DEBOUNCE
from scheduling.services.restraint import MOST_PER_MINUTE

ROWS = {"rows": 3, "spellcheck": "false"}
EXAMPLES = "Such as node.disconnect, execution.failed, or node.* for all that happens to nodes"


class EventFilterForm(TriggerForm):
    actions = WordsField(
        label="Actions",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text=f"One a line. {EXAMPLES}. Empty: any.",
    )
    severities = forms.MultipleChoiceField(
        label="Severities",
        required=False,
        choices=(),
        widget=forms.CheckboxSelectMultiple,
        help_text="None: any, and entries without one too.",
    )
    labels = LabelsField(
        label="Labels of the node",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="One a line, such as “site: Graz”. The node must carry all of them.",
    )
    condition = forms.CharField(
        label="Condition",
        required=False,
        max_length=LONGEST_CONDITION,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false", "class": "c-code"}),
        help_text='Such as details.code == 1006 and node.status == "offline". Empty: always.',
    )
    debounce_seconds = SpanField(
        label="Quiet afterwards for",
        least=0,
        most=LONGEST_DEBOUNCE,
        help_text="For the same object. 0 s: never quiet.",
    )
    per_minute = forms.IntegerField(
        label="Times a minute",
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text=f"At most so often, from 1 to {MOST_PER_MINUTE}. Empty: {MOST_PER_MINUTE}.",
    )

    PART = FIELDS
    SECTIONS = (
        ("What it starts", ("flow", "name"), ""),
        ("What happened", ("actions", "severities", "labels", "condition"), ""),
        ("How often", ("debounce_seconds", "per_minute"), ""),
        ("What its runs are given", RUNS, "Input, priority, environment, and when it gives up"),
    )

    def __init__(self, actor: Actor, row: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, row, *args, **kwargs)
        words = [(word, word.title()) for word in severities.words()]
        self.fields["severities"].choices = words  # type: ignore[attr-defined]

    def clean_actions(self) -> list[str]:
        found: list[str] = self.cleaned_data["actions"]
        if len(found) > MOST_ACTIONS or any(len(action) > LONGEST_ACTION for action in found):
            raise forms.ValidationError(f"At most {MOST_ACTIONS}, each of at most {LONGEST_ACTION} characters.")
        return found

    def clean_labels(self) -> dict[str, str]:
        found: dict[str, str] = self.cleaned_data["labels"]
        if len(found) > MOST_LABELS or any(len(value) > LONGEST_LABEL for value in found.values()):
            raise forms.ValidationError(f"At most {MOST_LABELS}, with values of at most {LONGEST_LABEL} characters.")
        if "" in found:
            raise forms.ValidationError("Each is a “name: value”.")
        return found


def initial(row: EventFilter | None) -> Mapping[str, Any]:
    found = {name: getattr(row or EventFilter(), name) for name in FIELDS}
    return found if row is None else {**initial_of(row.trigger), **found}
