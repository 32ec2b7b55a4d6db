"""What nodes answer, in the order in which they answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from devices import redaction
from devices.models import Command, Node
from devices.services import commands, rotation, tunnels, twins
from devices.services.commands import Reply
from rdos.kernel.intake import NODE_CONFIGS, NodeConfig

Hearer = Callable[[Sequence[Command], datetime], None]
# Who of the higher apps hears what became of the commands it sent, by their purpose. Filled in composition.
_hearers: dict[str, Hearer] = {}


def heard_by(purpose: str, hearer: Hearer) -> None:
    _hearers[purpose] = hearer


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
        NODE_CONFIGS.give([NodeConfig(report.node_id, at, redaction.kept(report.config))])
        served(commands.answer_config([report.node_id], at), at)


def expire(at: datetime) -> int:
    with transaction.atomic():
        ended = commands.expire(at)
        served(ended, at)
    return len(ended)


def served(ended: Sequence[Command], at: datetime) -> None:
    """Tells the hub's own verbs, of this app and of higher ones, what became of the commands that they sent."""
    if own := [one for one in ended if one.purpose]:
        rotation.answered(own)
        tunnels.answered(own, at)
        twins.answered(own, at)
        for purpose, hear in _hearers.items():
            if theirs := [one for one in own if one.purpose == purpose]:
                hear(theirs, at)
