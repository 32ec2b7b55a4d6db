"""What can be done to many nodes at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from devices.admin.bulk import Bulk, Data, Result, each, worded
from devices.admin.forms import GroupForm, LabelForm, LabelNameForm, MaintenanceForm
from devices.models import Node, NodeGroup
from devices.queries import members
from devices.services import groups, maintenance, nodes, tokens
from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError


def _begin(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    until = at + data["lasts"]
    maintenance.begin(actor=actor, pk=node.pk, until=until, reason=data["reason"], at=at)
    return f"In maintenance until {until:%Y-%m-%d %H:%M} UTC"


def _end(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    was = node.in_maintenance(at)
    maintenance.end(actor=actor, pk=node.pk, at=at)
    return "Back from maintenance" if was else "It was in none"


def _label(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    labels = node.labels | {data["name"]: data["value"]}
    nodes.update(actor=actor, pk=node.pk, at=at, labels=labels)
    return f"{data['name']}: {data['value']}"


def _unlabel(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    if data["name"] not in node.labels:
        return "It had no such label"
    labels = {name: value for name, value in node.labels.items() if name != data["name"]}
    nodes.update(actor=actor, pk=node.pk, at=at, labels=labels)
    return f"{data['name']} taken off"


def _renew(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    return tokens.issue(actor=actor, pk=node.pk, at=at)


def _delete(actor: Actor, node: Node, data: Data, at: datetime) -> str:
    nodes.delete(actor=actor, pk=node.pk, at=at)
    return "Deleted"


def _gather(actor: Actor, chosen: Sequence[Node], data: Data, at: datetime) -> Iterator[Result]:
    """One call for all of them: a group is assigned as a whole."""
    group: NodeGroup = data["group"]
    before = set(members(group, actor).values_list("pk", flat=True))
    try:
        groups.assign(actor=actor, pk=group.pk, node_ids=before | {node.pk for node in chosen})
    except DomainError as error:
        yield from (Result(node, False, worded(error)) for node in chosen)
        return
    for node in chosen:
        yield Result(node, True, "It was in it already" if node.pk in before else f"Added to {group.name}")


BULKS = (
    Bulk(
        "begin_maintenance",
        "maintain",
        "Begin maintenance",
        "While it lasts their trouble raises no alarm, and bulk commands pass them by.",
        "Begin maintenance",
        each(_begin),
        lambda actor, data: MaintenanceForm(data),
    ),
    Bulk(
        "end_maintenance",
        "maintain",
        "End maintenance",
        "Their trouble raises alarms again.",
        "End maintenance",
        each(_end),
    ),
    Bulk(
        "add_label",
        "change",
        "Add a label",
        "A label of the same name gets the new value.",
        "Add a label",
        each(_label),
        lambda actor, data: LabelForm(data),
    ),
    Bulk(
        "remove_label",
        "change",
        "Remove a label",
        "Whatever its value is.",
        "Remove a label",
        each(_unlabel),
        lambda actor, data: LabelNameForm(data),
    ),
    Bulk(
        "add_to_group",
        "group",
        "Add to a group",
        "Groups that are found by a query are not offered: their nodes are whatever fits.",
        "Add to a group",
        _gather,
        lambda actor, data: GroupForm(data),
    ),
    Bulk(
        "new_tokens",
        "credentials",
        "Issue new tokens",
        "What these nodes had before is worthless at once: they are cut off until somebody gives them the new token.",
        "Issue new tokens",
        each(_renew, secret=True),
        dangerous=True,
    ),
    Bulk(
        "delete_nodes",
        "delete",
        "Delete nodes",
        "Their commands, configurations, events and measurements go with them. The journal keeps what happened.",
        "Delete",
        each(_delete),
        dangerous=True,
    ),
)
