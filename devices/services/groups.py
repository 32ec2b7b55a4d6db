"""Groups of nodes: listed one by one, or whatever fits a query."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.access import require
from devices import particulars, selection
from devices.access import group_for, nodes_for, sees
from devices.choices import GroupKind
from devices.errors import NameTaken, NodesInvolved, OutsideYourNodes
from devices.models import Node, NodeGroup
from devices.queries import hidden_members
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput, NotFound
from rdos.kernel.journal import changes, record, row_of

CHANGEABLE = ("name", "description", "query")
UNSEEN = "The group holds nodes that you do not see."


def create(
    *,
    actor: Actor,
    name: str,
    description: str = "",
    kind: str = GroupKind.STATIC,
    query: Mapping[str, Any] | None = None,
    node_ids: Iterable[UUID] = (),
) -> NodeGroup:
    require(actor, "groups.create")
    group = NodeGroup(name=name, description=description, kind=kind, query=dict(query or {}))
    _guard(group)
    named = _named(actor, group, node_ids)
    try:
        with transaction.atomic():
            group.save(force_insert=True)
            group.nodes.set(Node.objects.filter(pk__in=named))
            record(who=actor.who, action="group.create", about=row_of(group), after=facts(group, named))
    except IntegrityError as error:
        raise NameTaken from error
    group.refresh_from_db(fields=["created_at"])
    return group


def update(*, actor: Actor, pk: UUID, **fields: Any) -> NodeGroup:
    wanted = {name: value for name, value in fields.items() if name in CHANGEABLE}
    try:
        with transaction.atomic():
            return _update(actor, _held(group_for(actor, pk, "groups.update")), wanted)
    except IntegrityError as error:
        raise NameTaken from error


def _update(actor: Actor, group: NodeGroup, wanted: dict[str, Any]) -> NodeGroup:
    before = facts(group)
    held_unseen = hidden_members(group, actor).exists()
    for name, value in wanted.items():
        setattr(group, name, value)
    _guard(group)
    old, new = changes(before, facts(group))
    if "query" in new and (held_unseen or hidden_members(group, actor).exists()):
        raise OutsideYourNodes(UNSEEN)
    if new:
        group.save()
        record(who=actor.who, action="group.update", about=row_of(group), before=old, after=new)
    return group


@transaction.atomic
def assign(*, actor: Actor, pk: UUID, node_ids: Iterable[UUID]) -> NodeGroup:
    """These instead of those the actor saw in it; the ones they do not see stay."""
    group = _held(group_for(actor, pk, "groups.update"))
    named = _named(actor, group, node_ids)
    unseen = set(hidden_members(group, actor).values_list("pk", flat=True))
    before, after = set(group.nodes.values_list("pk", flat=True)), named | unseen
    group.nodes.set(Node.objects.filter(pk__in=after))
    if before != after:
        record(
            who=actor.who,
            action="group.nodes",
            about=row_of(group),
            details={"added": _texts(after - before), "removed": _texts(before - after)},
        )
    return group


@transaction.atomic
def delete(*, actor: Actor, pk: UUID) -> None:
    group = _held(group_for(actor, pk, "groups.delete"))
    if hidden_members(group, actor).exists():
        raise OutsideYourNodes(UNSEEN)
    record(who=actor.who, action="group.delete", about=row_of(group), before=facts(group))
    group.delete()


def facts(group: NodeGroup, named: Iterable[UUID] = ()) -> dict[str, Any]:
    kept = {name: getattr(group, name) for name in ("kind", *CHANGEABLE)}
    return kept | ({"nodes": _texts(named)} if named else {})


def _guard(group: NodeGroup) -> None:
    particulars.check({"name": group.name, "description": group.description})
    if group.kind == GroupKind.STATIC and group.query:
        raise InvalidInput(errors={"query": ["A group of named nodes asks nothing."]})
    selection.check(group.query)


def _named(actor: Actor, group: NodeGroup, node_ids: Iterable[UUID]) -> set[UUID]:
    """Every one of them is there, and is the actor's to see."""
    wanted = set(node_ids)
    if wanted and group.kind == GroupKind.QUERY:
        raise InvalidInput(errors={"node_ids": ["The nodes of this group are found by its query."]})
    if not all(sees(actor, pk) for pk in wanted):
        raise OutsideYourNodes
    there = set(nodes_for(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - there:
        raise NodesInvolved(errors={"node_ids": [f"There is no node {pk}." for pk in _texts(wanted - there)[:10]]})
    return wanted


def _held(group: NodeGroup) -> NodeGroup:
    held = NodeGroup.objects.select_for_update().filter(pk=group.pk).first()
    if held is None:
        raise NotFound
    return held


def _texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(str(pk) for pk in ids)
