"""Which nodes a deployment means, of those that its actor sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from devices.access import nodes_for
from devices.models import Node
from devices.protocol import as_uuid
from devices.services import operations
from devices.services.operations import NEEDED, Target
from flows.errors import NoTargets
from flows.models import Flow
from flows.services.deploying import Skipped, skipped
from rdos.kernel.actors import Actor

UNKNOWN = "There is no such node among those you see."


@dataclass(frozen=True, slots=True)
class Chosen:
    nodes: list[Node]
    skipped: list[Skipped]
    # As it was asked for, for the journal.
    told: dict[str, object]
    # Names that mean nobody. They are among the skipped, too.
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """At most one of these; none of them means the flow's own targets."""

    target_nodes: Sequence[str] | None = None
    node_ids: Sequence[UUID] | None = None
    group_id: UUID | None = None
    labels: dict[str, str] | None = None

    @property
    def is_open(self) -> bool:
        """An empty list of names says no more than none."""
        return not self.target_nodes and self.node_ids is None and self.group_id is None and self.labels is None


def choose(actor: Actor, flow: Flow, choice: Choice) -> Chosen:
    names = list(choice.target_nodes or (flow.target_nodes if choice.is_open else ()))
    if names:
        return named(actor, names)
    if choice.is_open:
        raise NoTargets
    target = Target(choice.node_ids, choice.group_id, choice.labels)
    nodes, unknown = operations.choose(actor, target)
    told: dict[str, object] = {"nodes": len(choice.node_ids)} if choice.node_ids is not None else target.as_told()
    return Chosen(nodes, unknown, told)


def named(actor: Actor, names: Sequence[str]) -> Chosen:
    """By key, as nodes call themselves, or by id."""
    wanted = list(dict.fromkeys(names))
    ids = {name: pk for name in wanted if (pk := as_uuid(name)) is not None}
    # What no key can be is not asked for: a text may hold what no column does.
    keys = [name for name in wanted if "\x00" not in name]
    found = nodes_for(actor).filter(Q(key__in=keys) | Q(pk__in=list(ids.values()))).only(*NEEDED, "key")
    by_name = {name: node for node in found for name in (node.key, str(node.pk))}
    nodes = {node.pk: node for name in wanted if (node := _one(by_name, name, ids)) is not None}
    missing = [name for name in wanted if _one(by_name, name, ids) is None]
    passed_by = [skipped("", name[:128], UNKNOWN) for name in missing]
    return Chosen(list(nodes.values()), passed_by, {"nodes": len(wanted)}, missing)


def _one(by_name: dict[str, Node], name: str, ids: dict[str, UUID]) -> Node | None:
    return by_name.get(name) or (by_name.get(str(ids[name])) if name in ids else None)
