"""People and programs start runs: one or thousands of one flow, now or later, once or again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flows.access import flow_to_run, robot_for
from flows.choices import StartedBy
from flows.models import Execution, Flow
from flows.services import queueing
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for, as it was said."""

    priority: int | None = None
    environment: str = ""
    robot_id: str | None = None
    capabilities: Sequence[str] = ()
    max_retries: int | None = None
    delay_seconds: float | None = None
    not_before: datetime | None = None
    deadline: datetime | None = None
    dedup_key: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    # In the order of the inputs.
    ids: Sequence[UUID]
    created: int


def run(*, actor: Actor, flow_id: UUID, given: Any, at: datetime) -> Execution:
    flow = flow_to_run(actor, flow_id)
    return queueing.enqueue(flow=flow, start=queueing.Start(who=actor.who), given=given, at=at)


def begin(
    *,
    actor: Actor,
    flow_id: UUID,
    given: Sequence[Any],
    wish: Wish,
    at: datetime,
    dedup_keys: Sequence[str] | None = None,
) -> Begun:
    flow = flow_to_run(actor, flow_id)
    keys = _keys(given, wish, dedup_keys)
    start = _start(actor, wish, at)
    made = queueing.enqueue_many(flow=flow, start=start, given=given, at=at, dedup_keys=keys)
    if keys is None:
        return Begun(made, len(made))
    return Begun(_ids_of(flow, keys), len(made))


def _keys(given: Sequence[Any], wish: Wish, dedup_keys: Sequence[str] | None) -> Sequence[str] | None:
    if dedup_keys is not None and len(dedup_keys) != len(given):
        raise InvalidInput(errors={"dedup_keys": ["There must be as many as there are inputs."]})
    if wish.dedup_key is None:
        return dedup_keys
    if len(given) > 1 or dedup_keys is not None:
        raise InvalidInput(errors={"dedup_key": ["Of one input only; give `dedup_keys` for many."]})
    return [wish.dedup_key]


def _start(actor: Actor, wish: Wish, at: datetime) -> queueing.Start:
    ready_at = _ready_at(wish, at)
    if wish.deadline is not None and wish.deadline <= (ready_at or at):
        raise InvalidInput(errors={"deadline": ["It would be over before the run may begin."]})
    return queueing.Start(
        who=actor.who,
        trigger_type=StartedBy.MANUAL,
        priority=wish.priority,
        environment=wish.environment,
        target_node_id=robot_for(actor, wish.robot_id).pk if wish.robot_id else None,
        ready_at=ready_at,
        begin_by=wish.deadline,
        max_retries=wish.max_retries,
        capabilities=wish.capabilities,
    )


def _ready_at(wish: Wish, at: datetime) -> datetime | None:
    if wish.not_before is not None and wish.delay_seconds is not None:
        raise InvalidInput(errors={"not_before": ["Either this or `delay_seconds`."]})
    if wish.delay_seconds is not None:
        return at + timedelta(seconds=wish.delay_seconds)
    return max(wish.not_before, at) if wish.not_before is not None else None


def _ids_of(flow: Flow, keys: Sequence[str]) -> list[UUID]:
    rows = Execution.objects.filter(flow=flow, dedup_key__in=set(keys)).values_list("dedup_key", "pk")
    known = {str(key): pk for key, pk in rows}
    return [known[key] for key in keys]
