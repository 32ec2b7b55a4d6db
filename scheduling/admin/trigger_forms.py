"""What people say of a trigger of any kind. The rules themselves are the services'."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField

from flows.access import flows_for
from rdos.kernel.actors import Actor
from rdos.kernel.forms import PLAIN, PageForm
from scheduling.admin.fields import InputField, written_input
from scheduling.admin.places import is_uuid
from scheduling.models import Trigger
from scheduling.particulars import HIGHEST_PRIORITY, LONGEST_NAME, LONGEST_WORD, MOST_FAILURES

MOST_FLOWS = 1000
COMMON = ("name", "input", "priority", "environment", "pause_after_failures")
RUNS = ("input", "priority", "environment", "pause_after_failures")


@dataclass(frozen=True)
class Section:
    title: str
    boxes: Sequence[BoundField]
    # What a section that is folded away is about; empty for one that stands open.
    more: str = ""

    @property
    def is_wrong(self) -> bool:
        return any(box.errors for box in self.boxes)


class TriggerForm(PageForm):
    name = forms.CharField(max_length=LONGEST_NAME, widget=forms.TextInput(PLAIN))
    input = InputField(label="Input", help_text="JSON that each of its runs is given. Empty: nothing.")
    priority = forms.IntegerField(
        required=False, min_value=0, max_value=HIGHEST_PRIORITY, help_text="0 is first. Empty: its flow’s."
    )
    environment = forms.CharField(
        required=False, max_length=LONGEST_WORD, widget=forms.TextInput(PLAIN), help_text="Empty: its flow’s."
    )
    pause_after_failures = forms.IntegerField(
        label="Pause after failures",
        required=False,
        min_value=1,
        max_value=MOST_FAILURES,
        help_text="So many failed runs in a row switch it off. Empty: none do.",
    )

    # Of its own kind, by their names in its row, and which of them stand at the top.
    PART: ClassVar[tuple[str, ...]] = ()
    SECTIONS: ClassVar[tuple[tuple[str, tuple[str, ...], str], ...]] = ()

    def __init__(self, actor: Actor, row: Any, *args: Any, chosen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row, self.has_flow = row, row is None
        if row is None:
            self.fields["flow"] = forms.ChoiceField(choices=_flows(actor, chosen), initial=chosen)
            self.order_fields(("flow", "name"))
        else:
            self._remember()

    def _remember(self) -> None:
        """What the page showed goes along, so that only what a person changed is changed."""
        for field in self.fields.values():
            field.show_hidden_initial = not isinstance(field, forms.MultipleChoiceField)

    def said(self, names: Sequence[str]) -> dict[str, Any]:
        """All of a new one; of one that is there, what was changed."""
        wanted = names if self.row is None else [name for name in names if name in self.changed_data]
        return {name: self.cleaned_data[name] for name in wanted if name in self.cleaned_data}

    def common(self) -> dict[str, Any]:
        return self.said(COMMON)

    def part(self, at: datetime) -> dict[str, Any]:
        return self.said(self.PART)

    def named_here(self, name: str) -> str:
        """What the services call by this name."""
        return name

    def sections(self) -> Iterator[Section]:
        for title, names, more in self.SECTIONS:
            yield Section(title, [self[name] for name in names if name in self.fields], more)


def _flows(actor: Actor, chosen: str) -> list[tuple[str, str]]:
    rows = flows_for(actor).order_by("name", "id").values_list("pk", "name")
    found = [(str(pk), name) for pk, name in rows[:MOST_FLOWS]]
    if is_uuid(chosen) and chosen not in dict(found):
        found += [(str(pk), name) for pk, name in rows.filter(pk=chosen)]
    return found


def initial_of(trigger: Trigger) -> dict[str, Any]:
    return {name: getattr(trigger, name) for name in COMMON} | {"input": written_input(trigger.input)}
