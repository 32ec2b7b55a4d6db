"""Nodes that are not on a socket but call by themselves: they are there as long as they go on calling."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from devices.choices import CONNECTED, NodeStatus
from devices.models import Node
from rdos.kernel.journal import Who, record, row_of

# What was heard so recently need not be written again.
FRESH = timedelta(seconds=1)
MOST_SWEPT = 1000
SILENCE = "it has not called for a while"


def appear(*, key: str, name: str, device_type: str, who: Who) -> Node:
    """The node of this key, made if nobody knows it yet: its credential has vouched for it."""
    if (known := Node.objects.filter(key=key).first()) is not None:
        return known
    try:
        with transaction.atomic():
            node = Node.objects.create(key=key, name=name[:128], device_type=device_type, status=NodeStatus.OFFLINE)
            record(who=who, action="node.create", about=row_of(node), after={"key": key, "device_type": device_type})
    except IntegrityError:
        return Node.objects.get(key=key)
    return node


def heard(node: Node, at: datetime, *, address: str = "") -> None:
    """A socket, where there is one, says more than a call does."""
    if node.status in CONNECTED and node.last_seen_at is not None and at - node.last_seen_at < FRESH:
        return
    mine = Node.objects.filter(pk=node.pk, session_id=None)
    changes: dict[str, Any] = {"last_seen_at": at} | ({"address": address} if address else {})
    if mine.filter(status__in=CONNECTED).update(**changes):
        return
    with transaction.atomic():
        if mine.exclude(status__in=CONNECTED).update(status=NodeStatus.ONLINE, status_reason="", **changes):
            record(who=_who(node), action="node.connect", about=row_of(node), details={"polled": True})


def still_there(key: str, at: datetime) -> None:
    """A call that says nothing else of its node."""
    mine = Node.objects.filter(key=key, session_id=None, status__in=CONNECTED)
    mine.filter(last_seen_at__lt=at - FRESH).update(last_seen_at=at)


def leave(node: Node, at: datetime, reason: str) -> None:
    _part(Node.objects.filter(pk=node.pk), at, reason)


def sweep(at: datetime, *, silent_after: timedelta) -> int:
    """Polled nodes that have fallen silent."""
    return _part(Node.objects.filter(last_seen_at__lt=at - silent_after), at, SILENCE)


@transaction.atomic
def _part(rows: Any, at: datetime, reason: str) -> int:
    there = rows.filter(session_id=None, status__in=CONNECTED).order_by("id")
    held = list(there.select_for_update(skip_locked=True)[:MOST_SWEPT])
    for node in held:
        Node.objects.filter(pk=node.pk).update(status=NodeStatus.OFFLINE, status_reason=reason[:256])
        facts = {"reason": reason, "maintenance": node.in_maintenance(at)}
        record(who=_who(node), action="node.disconnect", about=row_of(node), details=facts)
    return len(held)


def _who(node: Node) -> Who:
    return Who(kind="node", id=str(node.pk), label=node.name, address=node.address)
