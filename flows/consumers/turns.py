"""What robots on sockets say of their runs, stored in one go: many ends, many signs of life, the few that gave up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from flows.outcomes import Outcome
from flows.services import giving_up, leases, settling, signs
from flows.services.signs import Sign
from rdos.kernel.sorting import sorting_out


@dataclass(frozen=True, slots=True)
class Rejected:
    execution_id: UUID
    robot_key: str
    fence: int | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    execution_id: UUID
    robot_key: str
    fence: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Returned:
    """It was taken for a robot that left before it could be told."""

    execution_id: UUID
    robot_key: str
    fence: int


T = TypeVar("T")
Said = Outcome | Sign | Rejected | Cancelled | Returned


def store(said: Sequence[Said], at: datetime) -> None:
    """Inside a transaction, in which one item that no database takes spoils nothing for the others."""
    leases.hold({one.execution_id for one in said})
    ends = [one for one in said if isinstance(one, Outcome)]
    over = {one.execution_id for one in ends}
    # What is over needs no sign of life any more; of several the last counts.
    last = {one.execution_id: one for one in said if isinstance(one, Sign) and one.execution_id not in over}
    rest = [one for one in said if isinstance(one, Rejected | Cancelled | Returned)]
    _sorted([*last.values()], "signs of life", lambda some: signs.note(some, at))
    _sorted(ends, "ends of runs", lambda some: settling.settle(some, at))
    _sorted(rest, "runs given up", lambda some: _give_up(some, at))


def _sorted(said: list[T], name: str, keep: Callable[[list[T]], object]) -> None:
    if said:
        sorting_out(keep, name)(said)


@transaction.atomic
def _give_up(said: Sequence[Rejected | Cancelled | Returned], at: datetime) -> None:
    for one in said:
        pk, key = one.execution_id, one.robot_key
        match one:
            case Rejected():
                giving_up.reject(pk=pk, robot_key=key, fence=one.fence, at=at)
            case Cancelled():
                reason = one.reason or "Cancelled by its robot"
                giving_up.end(pk=pk, robot_key=key, fence=one.fence, at=at, reason=reason)
            case Returned():
                giving_up.hand_back(pk=pk, robot_key=key, fence=one.fence, at=at)
