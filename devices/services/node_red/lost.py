"""Errands whose bridge went away under them. To push the same once more changes nothing, so another takes them over."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from devices.bus_letters import DEPLOYMENT
from devices.choices import CommandStatus
from devices.models import Command
from devices.services import replies
from devices.services.node_red import pushing

# Longer than the longest errand.
LONGEST = timedelta(minutes=5)
MOST_AT_ONCE = 20


def due(at: datetime) -> list[UUID]:
    return list(_lost(at).order_by("number").values_list("pk", flat=True)[:MOST_AT_ONCE])


def _lost(at: datetime) -> QuerySet[Command]:
    sent = Command.objects.filter(status=CommandStatus.SENT, purpose=DEPLOYMENT, sent_at__lte=at - LONGEST)
    return sent.filter(node__on_bus=True, expires_at__gt=at).exclude(node__bus__admin_url="")


def carry_again(command_id: UUID, at: datetime) -> None:
    """Whoever moves its moment on has it."""
    mine = Command.objects.filter(pk=command_id, status=CommandStatus.SENT, sent_at__lte=at - LONGEST)
    if mine.update(sent_at=at, attempts=F("attempts") + 1) and (reply := pushing.carry(command_id)):
        replies.take([reply], at)
