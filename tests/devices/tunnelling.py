"""A small fleet for the stories of tunnels: two edges, a relay, and the nodes' side of a command."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from devices.choices import NodeStatus
from devices.models import Command, Gateway, Node, Tunnel, TunnelLeg
from devices.services import commands, tunnels
from devices.services.commands import Letter, Reply

TUNNELS = "/api/v1/tunnels"


def gateway() -> Gateway:
    return Gateway.objects.first() or Gateway.objects.create(host="here", pid=1, process_started=1.0)


def node(key: str, device_type: str = "edge", *, connected: bool = True) -> Node:
    made = Node.objects.create(key=key, name=key.title(), device_type=device_type, status=NodeStatus.OFFLINE)
    if connected:
        come(made)
    return made


def come(*nodes: Node) -> None:
    """A new session each, as the socket opens one."""
    for one in nodes:
        Node.objects.filter(pk=one.pk).update(status=NodeStatus.ONLINE, session_id=uuid4(), gateway=gateway())
    tunnels.node_connected([one.pk for one in nodes], timezone.now())


def go(*nodes: Node) -> None:
    """In the order in which the socket's end is written down."""
    at, ids = timezone.now(), [one.pk for one in nodes]
    sessions = list(Node.objects.filter(pk__in=ids).values_list("session_id", flat=True))
    Node.objects.filter(pk__in=ids).update(status=NodeStatus.OFFLINE, session_id=None, gateway=None)
    tunnels.answered(commands.end_awaited([one for one in sessions if one], at), at)
    tunnels.node_disconnected(ids, at)


class Fleet:
    """Ingress, egress and relay; what each of them was told, in the order of its arrival."""

    def __init__(self, *, connected: bool = True) -> None:
        self.left = node("left", connected=connected)
        self.right = node("right", connected=connected)
        self.relay = node("middle", "relay", connected=connected)
        self.told: list[tuple[str, Any]] = []

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "studio",
            "protocol": "udp",
            "mode": "relay",
            "ingress_node_id": str(self.left.pk),
            "ingress_listen_port": 9000,
            "egress_node_id": str(self.right.pk),
            "egress_forward_addr": "127.0.0.1:7000",
            "relay_node_id": str(self.relay.pk),
            "relay_addr": "192.0.2.10:4433",
        } | changes

    def direct(self, **changes: Any) -> dict[str, Any]:
        own = {"mode": "direct", "egress_peer_addr": "198.51.100.7:4433", "relay_node_id": None, "relay_addr": None}
        return self.body(**own | changes)

    def name(self, node_id: UUID) -> str:
        return {self.left.pk: "left", self.right.pk: "right", self.relay.pk: "middle"}[node_id]

    def receive(self) -> list[Letter]:
        letters = commands.claim(gateway_id=gateway().pk, node_ids=None, at=timezone.now())
        self.told += [(self.name(letter.node_id), letter.action) for letter in letters]
        return letters

    def answer(self, letter: Letter, error: str = "") -> None:
        at = timezone.now()
        with transaction.atomic():
            reply = Reply(letter.command_id, letter.node_id, success=not error, error=error)
            tunnels.answered(commands.settle([reply], at), at)

    def settle(self, **refusals: str) -> None:
        """Every letter is answered, and what follows from the answer too; `right="no"` makes that node refuse."""
        while letters := self.receive():
            for letter in letters:
                self.answer(letter, refusals.get(self.name(letter.node_id), ""))

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(name, action["type"]) for name, action in self.told]

    def forget(self) -> None:
        self.told.clear()

    @contextmanager
    def listening(self, **refusals: str) -> Iterator[None]:
        """The nodes answer from elsewhere, while somebody waits at the door."""
        over = threading.Event()
        thread = threading.Thread(target=self._listen, args=(over, refusals))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _listen(self, over: threading.Event, refusals: dict[str, str]) -> None:
        try:
            while not over.wait(0.01):
                self.settle(**refusals)
        finally:
            connection.close()


def legs(tunnel: Tunnel) -> dict[str, str]:
    return dict(TunnelLeg.objects.filter(tunnel=tunnel).values_list("side", "status"))


def status(tunnel: Tunnel) -> str:
    return Tunnel.objects.get(pk=tunnel.pk).status


def grow_old(**changes: Any) -> None:
    """As if the last try lay longer ago than a retry waits."""
    TunnelLeg.objects.update(tried_at=timezone.now() - timedelta(minutes=1), **changes)


def open_commands() -> int:
    return Command.objects.filter(status__in=("queued", "sent")).count()
