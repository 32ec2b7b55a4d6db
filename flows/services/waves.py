"""How many nodes are divided into waves. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from uuid import UUID

from flows.choices import Gate

USUAL = ({"percent": 10}, {"percent": 50}, {"percent": 100})
REST = "The rest"


@dataclass(frozen=True, slots=True)
class Wave:
    name: str
    gate: str
    nodes: list[UUID]

    @property
    def facts(self) -> dict[str, Any]:
        return {"name": self.name, "gate": self.gate}


def divide(
    nodes: Sequence[UUID],
    specs: Sequence[Mapping[str, Any]],
    members: Mapping[UUID, Collection[UUID]],
    gate: str = Gate.AUTO,
) -> list[Wave]:
    """In order. A percent counts from the beginning; whom no wave reaches is in one more; empty waves are none."""
    left, total, found = list(nodes), len(nodes), []
    for spec in specs or list[Mapping[str, Any]](USUAL):
        taken = _taken(spec, left, total, members)
        left = [pk for pk in left if pk not in taken]
        chosen = [pk for pk in nodes if pk in taken]
        found.append(Wave(spec.get("name") or _name(spec), spec.get("gate") or gate, chosen))
    found.append(Wave(REST, gate, left))
    return [wave for wave in found if wave.nodes]


def _taken(
    spec: Mapping[str, Any], left: Sequence[UUID], total: int, members: Mapping[UUID, Collection[UUID]]
) -> set[UUID]:
    if spec.get("group_id") is not None:
        return set(left) & set(members[spec["group_id"]])
    if spec.get("count") is not None:
        return set(left[: spec["count"]])
    until = ceil(total * spec["percent"] / 100)
    return set(left[: max(0, until - (total - len(left)))])


def _name(spec: Mapping[str, Any]) -> str:
    if spec.get("group_id") is not None:
        return "A group"
    return f"{spec['count']} nodes" if spec.get("count") is not None else f"Up to {spec['percent']} %"
