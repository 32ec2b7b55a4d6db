"""Which version, and to which nodes: what a deployment and a rollout both ask."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms

from accounts.access import allows
from devices.access import nodes_for
from devices.models import NodeGroup
from flows.models import Flow, FlowVersion
from flows.services.targets import Choice
from rdos.kernel.actors import Actor
from rdos.kernel.forms import PageForm

# More than a page can hold; whoever has more makes a group of what fits a query.
MOST_OFFERED, MOST_VERSIONS = 5000, 200
OWN, EVERYWHERE, GROUP, NODES = "own", "everywhere", "group", "nodes"
KEEPING = {"10m": timedelta(minutes=10), "1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
KEEPING_WORDS = [("10m", "10 minutes"), ("1h", "one hour"), ("1d", "one day"), ("7d", "a week")]
FORCE = "Also nodes in maintenance, and in place of whatever an edge has under that id."

Choices = list[tuple[str, str]]


class TargetForm(PageForm):
    to = forms.ChoiceField(label="Which nodes", widget=forms.Select({"data-chooses": ""}))
    group = forms.ChoiceField(required=False, widget=forms.Select({"data-for": GROUP}))
    nodes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple())

    def __init__(self, actor: Actor, ways: Choices, nodes: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = groups_offered(actor)
        ways = [*ways, *([(GROUP, "A group")] if groups else []), (NODES, "Nodes that you choose here")]
        self.fields["to"].choices = ways  # type: ignore[attr-defined] # stubs know the widget's choices only
        self.fields["group"].choices = groups  # type: ignore[attr-defined]
        self.fields["nodes"].choices = nodes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        if data.get("to") == NODES and not data.get("nodes") and "nodes" not in self.errors:
            self.add_error("nodes", "Choose at least one node.")
        if data.get("to") == GROUP and not data.get("group") and "group" not in self.errors:
            self.add_error("group", "Choose a group.")
        return data

    def choice(self) -> Choice:
        given = self.cleaned_data
        if given["to"] == GROUP:
            return Choice(group_id=UUID(given["group"]))
        return Choice(node_ids=[UUID(pk) for pk in given["nodes"]]) if given["to"] == NODES else Choice()


class DeployForm(TargetForm):
    version = forms.TypedChoiceField(coerce=int)
    keep = forms.ChoiceField(
        label="An offline node gets it when it comes back within", choices=KEEPING_WORDS, initial="1d"
    )
    force = forms.BooleanField(label="Insist", required=False, help_text=FORCE)
    field_order = ("version", "to", "group", "nodes", "keep", "force")

    def __init__(self, actor: Actor, flow: Flow, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, own_nodes(flow), nodes_offered(actor), *args, **kwargs)
        self.fields["version"].choices = versions_offered(flow)  # type: ignore[attr-defined]


class UndeployForm(TargetForm):
    keep = forms.ChoiceField(
        label="An offline node is told when it comes back within", choices=KEEPING_WORDS, initial="1d"
    )

    def __init__(self, actor: Actor, nodes: Choices, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, [(EVERYWHERE, "Wherever it is")], nodes, *args, **kwargs)


def own_nodes(flow: Flow) -> Choices:
    return [(OWN, f"The flow’s own nodes: {', '.join(flow.target_nodes)[:80]}")] if flow.target_nodes else []


def versions_offered(flow: Flow) -> Sequence[tuple[int, str]]:
    newest = FlowVersion.objects.filter(flow=flow).order_by("-number").values_list("number", "message")
    return [
        (number, f"v{number}: {message[:60]}" if message else f"v{number}")
        for number, message in newest[:MOST_VERSIONS]
    ]


def nodes_offered(actor: Actor) -> Choices:
    found = nodes_for(actor).order_by("name", "id").values_list("pk", "name", "key")[:MOST_OFFERED]
    return [(str(pk), f"{name} ({key})") for pk, name, key in found]


def groups_offered(actor: Actor) -> Choices:
    found = NodeGroup.objects.order_by("name").values_list("pk", "name") if allows(actor, "groups.read") else ()
    return [(str(pk), name) for pk, name in found]
