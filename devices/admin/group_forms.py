"""What an admin fills in for a group. The rules themselves are the service's."""

from typing import Any

from django import forms
from unfold import widgets

from devices import drivers, particulars, queries
from devices.admin import choosing
from devices.choices import GroupKind, NodeStatus
from devices.models import NodeGroup
from rdos.kernel.actors import Actor

ANY = ("", "Any")
# What a field of the form is called in the rules of a query.
QUERY = ("device_type", "status", "search")


def text(**attrs: Any) -> Any:
    return widgets.UnfoldAdminTextInputWidget(attrs=attrs)


def select(**attrs: Any) -> Any:
    return widgets.UnfoldAdminSelectWidget(attrs=attrs)


def labels_of(query: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in query.get("labels", {}).items())


class GroupForm(forms.Form):
    name = forms.CharField(max_length=128, widget=text(autocomplete="off"))
    description = forms.CharField(max_length=512, required=False, widget=text())
    kind = forms.ChoiceField(
        label="Which nodes", choices=GroupKind.choices, initial=GroupKind.STATIC, widget=select(**{"data-chooses": ""})
    )
    nodes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple())
    device_type = forms.ChoiceField(
        label="Type of node", required=False, widget=select(**{"data-for": GroupKind.QUERY.value})
    )
    status = forms.ChoiceField(
        choices=[ANY, *NodeStatus.choices], required=False, widget=select(**{"data-for": GroupKind.QUERY.value})
    )
    labels = forms.CharField(
        required=False,
        widget=text(**{"data-for": GroupKind.QUERY.value}),
        help_text="As name=value, with commas between: site=north, floor=2. A node has all of them.",
    )
    search = forms.CharField(
        label="Words",
        required=False,
        max_length=100,
        widget=text(**{"data-for": GroupKind.QUERY.value}),
        help_text="In the name, the key or the description.",
    )

    def __init__(self, actor: Actor, row: NodeGroup | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(driver.device_type, driver.display_name) for driver in drivers.all_drivers()]
        self.fields["device_type"].choices = [ANY, *known]  # type: ignore[attr-defined]
        self.fields["nodes"].choices = choosing.every(actor)  # type: ignore[attr-defined]
        self.settled_kind = row.kind if row else ""
        if row:
            del self.fields["kind"]
            for name in ("nodes",) if row.kind == GroupKind.QUERY else (*QUERY, "labels"):
                del self.fields[name]

    @staticmethod
    def facts(group: NodeGroup, actor: Actor) -> dict[str, Any]:
        asked = {name: group.query.get(name, "") for name in QUERY} | {"labels": labels_of(group.query)}
        mine = queries.members(group, actor).values_list("pk", flat=True) if group.kind == GroupKind.STATIC else []
        return asked | {"name": group.name, "description": group.description, "nodes": [str(pk) for pk in mine]}

    def clean_labels(self) -> dict[str, str]:
        pairs = [part.strip().partition("=") for part in self.cleaned_data["labels"].split(",") if part.strip()]
        if not all(equals for _, equals, _ in pairs):
            raise forms.ValidationError("Each label is a name=value.")
        labels = {name.strip(): value.strip() for name, _, value in pairs}
        if faults := list(particulars.label_faults(labels)):
            raise forms.ValidationError(faults)
        return labels

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        is_query = (self.settled_kind or data.get("kind")) == GroupKind.QUERY
        asked = {name: data[name] for name in (*QUERY, "labels") if data.get(name)}
        return data | {"query": asked if is_query else {}, "nodes": [] if is_query else data.get("nodes", [])}
