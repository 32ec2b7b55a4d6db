"""Nodes that are told something, and what they answer, without a socket between."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from devices.choices import NodeStatus
from devices.models import Connection, Gateway, Node
from devices.services import commands, presence, replies
from devices.services.commands import Letter, Reply
from devices.services.replies import Report

Answer = Callable[[Letter], list[Reply | Report]]


def gateway() -> Gateway:
    return Gateway.objects.first() or Gateway.objects.create(host="here", pid=1, process_started=1.0)


def node(key: str = "venue", device_type: str = "edge", *, connected: bool = True, **fields: Any) -> Node:
    made = Node.objects.create(key=key, name=key.title(), device_type=device_type, status=NodeStatus.OFFLINE, **fields)
    return come(made) if connected else made


def come(one: Node) -> Node:
    """A new session, as the socket opens one."""
    session = Connection.objects.create(node=one, address="203.0.113.9")
    Node.objects.filter(pk=one.pk).update(status=NodeStatus.ONLINE, session_id=session.pk, gateway=gateway())
    one.refresh_from_db()
    return one


def go(one: Node) -> None:
    one.refresh_from_db()
    at = timezone.now()
    presence.part([presence.End(one.pk, one.session_id, 1006, "gone", at)], at)  # type: ignore[arg-type]


def receive() -> list[Letter]:
    return commands.claim(gateway_id=gateway().pk, node_ids=None, at=timezone.now())


def settle(*said: Reply | Report) -> None:
    replies.take(list(said), timezone.now())


def yes(letter: Letter, data: Any = None) -> Reply:
    return Reply(letter.command_id, letter.node_id, True, data=data)


def no(letter: Letter, error: str = "port in use", error_code: str = "port_conflict", details: Any = None) -> Reply:
    return Reply(letter.command_id, letter.node_id, False, error=error, error_code=error_code, details=details)


def configured(letter: Letter, config: Any) -> Report:
    return Report(letter.node_id, letter.session_id, config)


def report(one: Node, config: Any) -> None:
    one.refresh_from_db()
    settle(Report(one.pk, one.session_id, config))  # type: ignore[arg-type]


@contextmanager
def answering(answer: Answer) -> Iterator[list[Letter]]:
    """The nodes' side in a thread of its own, since whoever tells them waits in the test's."""
    told: list[Letter] = []
    done = threading.Event()

    def live() -> None:
        while not done.wait(0.01):
            for letter in receive():
                told.append(letter)
                settle(*answer(letter))
        connection.close()

    gateway()
    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield told
    finally:
        done.set()
        thread.join()


def command_url(one: Node | UUID) -> str:
    return f"/api/v1/nodes/{one.pk if isinstance(one, Node) else one}/command"
