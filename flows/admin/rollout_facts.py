"""What the page of a rollout says while it goes on: how far each wave is, and what each node said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from flows import convergence
from flows.access import targets_for
from flows.admin.places import flow_place, node_place
from flows.admin.tones import BAR, target_badge
from flows.choices import Gate, OnFailure, RolloutStatus, TargetStatus, WhenAway
from flows.models import Rollout, RolloutTarget
from flows.services import rollouts
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.secrecy import mask_text

MOST_NODES = 200
# In a bar: what is done, what went wrong, what is under way, and the rest.
BEGINS = (
    *(TargetStatus.SUCCEEDED, TargetStatus.REVERTED, TargetStatus.FAILED, TargetStatus.REVERTING, TargetStatus.SENT),
    *(TargetStatus.DEFERRED, TargetStatus.SKIPPED, TargetStatus.CANCELLED, TargetStatus.PLANNED),
)
# Whoever wants a look comes first, and whose turn has not come last.
ORDER = (
    *(TargetStatus.FAILED, TargetStatus.REVERTING, TargetStatus.SENT, TargetStatus.DEFERRED, TargetStatus.SKIPPED),
    *(TargetStatus.SUCCEEDED, TargetStatus.REVERTED, TargetStatus.CANCELLED, TargetStatus.PLANNED),
)
# The whole width of a wave's bar.
WIDTH = 1000


def facts(actor: Actor, rollout: Rollout, at: datetime) -> dict[str, Any]:
    counts = convergence.of_rollouts(actor, [rollout])[rollout.pk]
    rows = list(_sorted(targets_for(actor).filter(rollout=rollout))[: MOST_NODES + 1])
    return {
        "flow": flow_place(rollout.flow_id),
        "waves": [_wave(rollout, number, wave, counts) for number, wave in enumerate(rollout.waves)],
        "nodes": [_node(row) for row in rows[:MOST_NODES]],
        "beyond": sum(counts.values()) - MOST_NODES if len(rows) > MOST_NODES else 0,
        "skipped": rollouts.skipped_of(actor, rollout)[:MOST_NODES],
        "rules": _rules(rollout),
        "left": _left(rollout, at),
    }


def _sorted(found: QuerySet[RolloutTarget]) -> QuerySet[RolloutTarget]:
    whens = [When(status=status, then=Value(place)) for place, status in enumerate(ORDER)]
    place = Case(*whens, output_field=IntegerField())
    unshown = ("former__content", "former__executable", "node__last_health")
    return found.select_related("node", "former").defer(*unshown).order_by(place, "wave", "node__name", "id")


def _node(row: RolloutTarget) -> dict[str, Any]:
    return {
        "row": row,
        "place": node_place(row.node_id),
        "badge": target_badge(row.status),
        "reason": mask_text(row.reason),
    }


def _wave(rollout: Rollout, number: int, wave: Mapping[str, Any], counts: Mapping[Any, int]) -> dict[str, Any]:
    mine = {status: counts.get((number, status), 0) for status in BEGINS}
    return {
        "number": number + 1,
        "said_name": _named(wave["name"], sum(mine.values())),
        "is_now": number == rollout.wave and rollout.ended_at is None,
        "gate": wave["gate"] == Gate.MANUAL and number + 1 < len(rollout.waves),
        "said": [(count, status.label.lower(), BAR[status]) for status, count in mine.items() if count],
        "bars": list(_bars(mine)),
    }


def _named(name: str, total: int) -> str:
    many = "1 node" if total == 1 else f"{total} nodes"
    return many if name == f"{total} nodes" else f"{name}: {many}"


def _bars(counts: Mapping[TargetStatus, int]) -> Any:
    total, begun = sum(counts.values()), 0
    for status in BEGINS:
        if counts[status]:
            end = begun + counts[status]
            left = begun * WIDTH // total
            yield {"x": left, "width": end * WIDTH // total - left, "tone": BAR[status]}
            begun = end


def _rules(rollout: Rollout) -> list[tuple[str, str]]:
    well = f"when {rollout.success_threshold} % succeeded and at most {rollout.failure_threshold} % failed"
    return [
        ("A wave went well", well),
        ("Otherwise", OnFailure(rollout.on_failure).label),
        ("Offline nodes", WhenAway(rollout.when_away).label),
        ("Time for a wave", lasting(rollout.wave_seconds)),
    ]


def _left(rollout: Rollout, at: datetime) -> str:
    """What happens when nobody does anything."""
    if rollout.deadline_at is None:
        return ""
    rest = lasting(max(0.0, (rollout.deadline_at - at).total_seconds()))
    if rollout.status == RolloutStatus.RUNNING:
        return f"Whoever has not answered in {rest} has failed."
    if rollout.status == RolloutStatus.REVERTING:
        return f"Whoever has not gone back in {rest} is told when it returns."
    return f"Unless somebody decides in {rest}, it is given up."
