"""The leases of the processes that hold node sockets, and what becomes of the nodes of one that died."""

import os
import socket
from datetime import datetime, timedelta
from uuid import UUID

import psutil
from django.db import transaction

from devices.models import Gateway, Node
from devices.services import presence
from rdos.kernel.journal import SYSTEM, Row, record

RENEW_SECONDS = 5.0
# Three renewals missed.
LEASE = timedelta(seconds=15)


def open_lease(gateway_id: UUID, at: datetime) -> None:
    me = psutil.Process()
    Gateway.objects.create(
        id=gateway_id, host=socket.gethostname()[:255], pid=os.getpid(), process_started=me.create_time(), seen_at=at
    )


def renew(gateway_id: UUID, at: datetime) -> bool:
    """False when others have already given this process up for dead."""
    return Gateway.objects.filter(pk=gateway_id).update(seen_at=at) == 1


def sweep(at: datetime) -> int:
    """Nodes whose gateway died without saying so are offline. Safe to call from everywhere, at any time."""
    swept = 0
    for gateway in Gateway.objects.all():
        if at - gateway.seen_at > LEASE or _is_dead_here(gateway):
            swept += _bury(gateway, at)
    # A gateway's row may be gone before its nodes were looked at.
    orphans = Node.objects.filter(gateway=None, session_id__isnull=False)
    return swept + presence.part_all(
        list(orphans.values_list("pk", "session_id")), at, reason="the hub lost its socket"
    )


def close_lease(gateway_id: UUID, at: datetime) -> int:
    """The clean end: the hub stops, and that is no alarm about any node."""
    with transaction.atomic():
        held = list(Node.objects.filter(gateway_id=gateway_id).values_list("pk", "session_id"))
        parted = presence.part_all(held, at, reason="the hub stopped")
        Gateway.objects.filter(pk=gateway_id).delete()
        if parted:
            record(who=SYSTEM, action="gateway.stop", about=Row("gateway", str(gateway_id)), details={"nodes": parted})
    return parted


def _bury(gateway: Gateway, at: datetime) -> int:
    with transaction.atomic():
        # Two sweepers may see the same corpse: one of them holds its row.
        held = Gateway.objects.select_for_update(skip_locked=True).filter(pk=gateway.pk, seen_at=gateway.seen_at)
        if held.first() is None:
            return 0
        nodes = list(Node.objects.filter(gateway=gateway).values_list("pk", "session_id"))
        parted = presence.part_all(nodes, at, reason="the hub lost its socket")
        held.delete()
        facts = {"nodes": parted, "host": gateway.host, "pid": gateway.pid}
        record(who=SYSTEM, action="gateway.lost", about=Row("gateway", str(gateway.pk)), details=facts)
    return parted


def _is_dead_here(gateway: Gateway) -> bool:
    if gateway.host != socket.gethostname()[:255]:
        return False
    try:
        return abs(psutil.Process(gateway.pid).create_time() - gateway.process_started) > 1.0
    except psutil.NoSuchProcess:
        return True
