"""The bridges' signs of life: since when the hub hears the bus."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from devices.models import Bridge
from rdos.kernel.journal import SYSTEM, Row, record

RENEW_SECONDS = 5.0
LEASE = timedelta(seconds=15)


def enlist(bridge_id: UUID, at: datetime) -> None:
    Bridge.objects.create(id=bridge_id, host=socket.gethostname()[:255], pid=os.getpid(), seen_at=at)


@dataclass(frozen=True, slots=True)
class Counts:
    heard: int = 0
    malformed: int = 0
    dropped: int = 0


def renew(bridge_id: UUID, at: datetime, *, reached: bool, counts: Counts = Counts()) -> None:
    """Also says whether it has the bus, and since when."""
    with transaction.atomic():
        Bridge.objects.filter(seen_at__lt=at - LEASE).delete()
        mine = Bridge.objects.select_for_update().filter(pk=bridge_id).first()
        if mine is None:
            enlist(bridge_id, at)
            mine = Bridge.objects.get(pk=bridge_id)
        _note(mine, at, reached)
        mine.seen_at, mine.heard, mine.malformed, mine.dropped = at, counts.heard, counts.malformed, counts.dropped
        mine.save(update_fields=["seen_at", "reached_at", "heard", "malformed", "dropped"])


def _note(mine: Bridge, at: datetime, reached: bool) -> None:
    if reached == (mine.reached_at is not None):
        return
    others = Bridge.objects.exclude(pk=mine.pk).filter(reached_at__isnull=False, seen_at__gte=at - LEASE)
    mine.reached_at = at if reached else None
    if not others.exists():
        record(who=SYSTEM, action="bus.reached" if reached else "bus.lost", about=Row("bus", "", "the bus"))


def retire(bridge_id: UUID) -> None:
    Bridge.objects.filter(pk=bridge_id).delete()


def listening_since(at: datetime) -> datetime | None:
    """None: nobody hears the bus."""
    there = Bridge.objects.filter(reached_at__isnull=False, seen_at__gte=at - LEASE)
    return there.order_by("reached_at").values_list("reached_at", flat=True).first()
