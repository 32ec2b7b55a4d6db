"""Entries of the journal as event triggers heed them: with their node, who may know of them, and what began them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from accounts.access import allows
from devices.access import sees as sees_node
from devices.access import sees_everything
from devices.models import Node
from flows.access import sees as sees_flow
from flows.models import Execution, Flow
from rdos.kernel.actors import Actor
from rdos.kernel.journal.storable import instant
from rdos.kernel.models import JournalEntry
from scheduling.choices import Source
from scheduling.models import Firing
from scheduling.services import severities

LARGEST_DETAILS = 64 * 1024
LEFT_OUT = {"left_out": "The details are too large to be handed on."}
NODE_FACTS = ("id", "key", "name", "labels", "status")
NO_NODE: dict[str, Any] = {"id": None, "key": None, "name": None, "labels": {}, "status": None}
# About the hub itself: for those who see every node.
OF_THE_HUB = ("clock", "gateway")
# What a condition may name.
NAMES = ("position", "action", "at", "severity", "object", "actor", "node", "details")


@dataclass
class Happening:
    entry: JournalEntry
    node: dict[str, Any] | None
    node_ids: Sequence[UUID]
    # Of those that the entry names; None where there is none any more.
    flows: Sequence[Flow | None]
    # The triggers that led to it, the first one first.
    chain: tuple[str, ...]

    @property
    def subject(self) -> str:
        return f"{self.entry.object_kind}:{self.entry.object_id}"

    @cached_property
    def severity(self) -> str:
        return severities.severity_of(self.entry)

    @cached_property
    def event(self) -> dict[str, Any]:
        """What a condition asks, and what the run is given. Addresses of people are not among it."""
        entry = self.entry
        return {
            "position": entry.position,
            "action": entry.action,
            "at": instant(entry.at),
            "severity": self.severity,
            "object": {"kind": entry.object_kind, "id": entry.object_id, "label": entry.object_label},
            "actor": {"kind": entry.actor_kind, "id": entry.actor_id, "label": entry.actor_label},
            "node": self.node or NO_NODE,
            "details": _bounded(_facts(entry)),
        }

    def is_seen_by(self, actor: Actor) -> bool:
        if not all(sees_node(actor, pk) for pk in self.node_ids):
            return False
        if allows(actor, "journal.read"):
            return True
        if not all(flow is not None and sees_flow(actor, flow) for flow in self.flows):
            return False
        if self.entry.object_kind in OF_THE_HUB:
            return sees_everything(actor)
        return bool(self.node_ids or self.flows)


def look_up(entries: Sequence[JournalEntry]) -> list[Happening]:
    named = {entry.pk: _nodes_named(entry) for entry in entries}
    nodes = {pk: _node(row) for pk, row in Node.objects.in_bulk({one for ids in named.values() for one in ids}).items()}
    runs, chains = _runs(entries), _chains(entries)
    flow_ids = {entry.pk: _flows_named(entry, runs) for entry in entries}
    flows = Flow.objects.only("access", "owner_id").in_bulk({one for ids in flow_ids.values() for one in ids})
    return [
        Happening(
            entry=entry,
            node=next((nodes[pk] for pk in named[entry.pk] if pk in nodes), None),
            node_ids=named[entry.pk],
            flows=[flows.get(pk) for pk in flow_ids[entry.pk]],
            chain=_chain_of(entry, runs, chains),
        )
        for entry in entries
    ]


def _node(row: Node) -> dict[str, Any]:
    return {name: getattr(row, name) for name in NODE_FACTS} | {"id": str(row.pk)}


Runs = dict[UUID, tuple[UUID, UUID | None]]


def _runs(entries: Iterable[JournalEntry]) -> Runs:
    """Of the runs that the entries are about: whose they are, and what started them."""
    rows = Execution.objects.filter(pk__in=_run_ids(entries)).values_list("pk", "flow_id", "trigger_id")
    return {pk: (flow_id, trigger_id) for pk, flow_id, trigger_id in rows}


def _chains(entries: Iterable[JournalEntry]) -> dict[UUID, tuple[str, ...]]:
    """What led to the runs that an event had started."""
    rows = Firing.objects.filter(source=Source.EVENT, execution_id__in=_run_ids(entries))
    found = rows.values_list("execution_id", "details")
    return {pk: tuple(details["chain"]) for pk, details in found if pk and details}


def _run_ids(entries: Iterable[JournalEntry]) -> set[UUID]:
    return {pk for entry in entries if entry.object_kind == "execution" and (pk := _uuid(entry.object_id))}


def _chain_of(entry: JournalEntry, runs: Runs, chains: dict[UUID, tuple[str, ...]]) -> tuple[str, ...]:
    pk = _uuid(entry.object_id) if entry.object_kind == "execution" else None
    if pk is None or pk not in runs:
        return ()
    started_by = runs[pk][1]
    return (*chains.get(pk, ()), str(started_by)) if started_by else ()


def _nodes_named(entry: JournalEntry) -> list[UUID]:
    facts = _facts(entry)
    several = [one for name in ("node_ids", "nodes") if isinstance(facts.get(name), list) for one in facts[name]]
    said = [entry.object_id if entry.object_kind == "node" else None, facts.get("node_id"), *several]
    return [pk for one in said if (pk := _uuid(one))]


def _flows_named(entry: JournalEntry, runs: Runs) -> list[UUID]:
    said = [entry.object_id if entry.object_kind == "flow" else None, _facts(entry).get("flow_id")]
    found = [pk for one in said if (pk := _uuid(one))]
    run = _uuid(entry.object_id) if entry.object_kind == "execution" else None
    return [*found, runs[run][0]] if run in runs else found


def _facts(entry: JournalEntry) -> dict[str, Any]:
    return entry.details if isinstance(entry.details, dict) else {}


def _bounded(details: dict[str, Any]) -> dict[str, Any]:
    return details if len(orjson.dumps(details)) <= LARGEST_DETAILS else LEFT_OUT


def _uuid(said: Any) -> UUID | None:
    try:
        return UUID(said) if isinstance(said, str) else None
    except ValueError:
        return None
