"""What nodes answer, in the order in which they answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.models import Command, Node
from devices.services import commands, rotation, tunnels, twins
from devices.services.commands import Reply


@dataclass(frozen=True, slots=True)
class Report:
    """A configuration, which is also the only answer that some nodes give to `get_config`."""

    node_id: UUID
    session_id: UUID
    config: Any


@transaction.atomic
def take(items: Sequence[Reply | Report], at: datetime) -> None:
    for item in items:
        if isinstance(item, Report):
            _take_report(item, at)
        else:
            # Any answer may mean that the configuration is another one now.
            twins.forget_fresh([item.node_id])
            served(commands.settle([item], at), at)


def _take_report(report: Report, at: datetime) -> None:
    # Held, so that the node neither vanishes nor changes hands meanwhile; from a former session nothing is taken.
    held = Node.objects.select_for_update(no_key=True).filter(pk=report.node_id, session_id=report.session_id)
    if held.values_list("pk").first() is not None:
        twins.report(node_id=report.node_id, session_id=report.session_id, config=report.config, at=at)
        served(commands.answer_config([report.node_id], at), at)


def expire(at: datetime) -> int:
    with transaction.atomic():
        ended = commands.expire(at)
        served(ended, at)
    return len(ended)


def served(ended: Sequence[Command], at: datetime) -> None:
    """Tells the hub's own verbs what became of the commands that they sent."""
    if own := [one for one in ended if one.purpose]:
        rotation.answered(own)
        tunnels.answered(own, at)
        twins.answered(own, at)
