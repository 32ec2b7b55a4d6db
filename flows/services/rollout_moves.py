"""How a rollout moves: one guarded step at a time, by whoever holds its row."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from flows.access import deployer_of
from flows.choices import OPEN_ROLLOUTS, ROLLOUT_LIFE, RolloutStatus
from flows.models import Rollout, RolloutTarget
from rdos.kernel.actors import Actor
from rdos.kernel.journal import SYSTEM, Who, record, row_of


def held(pk: UUID) -> Rollout | None:
    rows = Rollout.objects.select_for_update(of=("self",)).select_related("flow", "version")
    return rows.filter(pk=pk).first()


def move(rollout: Rollout, to: RolloutStatus, at: datetime, *, who: Who = SYSTEM, **changes: Any) -> None:
    """One guarded step, and its entry in the journal."""
    changes |= {} if to in OPEN_ROLLOUTS else {"deadline_at": None, "ended_at": at}
    before = rollout.status
    ROLLOUT_LIFE.move(Rollout, rollout.pk, to=to, from_=before, **changes)
    for name, value in (changes | {"status": to}).items():
        setattr(rollout, name, value)
    facts = {"wave": rollout.wave + 1, "reason": changes.get("status_reason", "")}
    record(who=who, action=f"rollout.{to.value}", about=row_of(rollout), before={"status": before}, details=facts)


def pause(rollout: Rollout, reason: str, at: datetime, *, who: Who = SYSTEM) -> None:
    until = at + timedelta(seconds=rollout.gate_seconds)
    move(rollout, RolloutStatus.PAUSED, at, who=who, deadline_at=until, status_reason=reason)


def next_wave(rollout: Rollout, at: datetime) -> None:
    rollout.wave, rollout.wave_began_at, rollout.excused_wave = rollout.wave + 1, at, None
    rollout.deadline_at = at + timedelta(seconds=rollout.wave_seconds)
    rollout.save(update_fields=["wave", "wave_began_at", "excused_wave", "deadline_at"])


def wave_of(rollout: Rollout) -> QuerySet[RolloutTarget]:
    return RolloutTarget.objects.filter(rollout=rollout, wave=rollout.wave)


def owner_of(rollout: Rollout) -> Actor | None:
    """Whoever began it."""
    return deployer_of(rollout.flow_id, rollout.owner_id)
