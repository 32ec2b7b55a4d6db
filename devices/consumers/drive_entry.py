"""Who comes to drive, and whether they may: everything that is asked before a wheel turns."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from accounts.services.socket_actors import actor_of_socket
from devices.access import node_called
from devices.consumers.drive_frames import Beginning
from devices.models import DriveSession, Node
from devices.services import driving
from rdos.kernel import bus
from rdos.kernel.actors import Actor
from rdos.kernel.addresses import address_of_scope
from rdos.kernel.clock import database_now
from rdos.kernel.errors import NotAuthenticated
from rdos.kernel.sockets.doorway import Crowded, Doorway
from rdos.kernel.threads import in_thread

ANSWER_SECONDS = 8.0

_doorway = Doorway()


@dataclass(frozen=True, slots=True)
class Visitor:
    actor: Actor
    node: Node
    has_credential: bool


async def is_somebody(scope: Mapping[str, Any], key: str) -> bool:
    """False for nobody; whoever is somebody but may not hears a refusal."""
    with suppress(Crowded, TimeoutError), _doorway.standing(address_of_scope(scope)):
        async with asyncio.timeout(ANSWER_SECONDS):
            return await in_thread(_visitor, scope, key) is not None
    return False


def _visitor(scope: Mapping[str, Any], key: str) -> Visitor | None:
    at = database_now()
    actor = actor_of_socket(scope, at)
    if actor is None:
        return None
    node = node_called(actor, key, "motion.drive")
    robot = driving.insist_drivable(actor, node, at)
    return Visitor(actor, node, has_credential=bool(robot.credential_hash))


def begin(scope: Mapping[str, Any], key: str, beginning: Beginning) -> tuple[Visitor, DriveSession]:
    """Whoever was let in may have signed out since: they are looked up again. The bus comes first: a session that can
    tell its robot nothing is none."""
    if not bus.connected():
        raise bus.BusAway
    visitor = _visitor(scope, key)
    if visitor is None:
        raise NotAuthenticated
    session = driving.begin(
        actor=visitor.actor,
        node=visitor.node,
        limits=beginning.limits,
        at=database_now(),
        take_over=beginning.take_over,
    )
    return visitor, session
