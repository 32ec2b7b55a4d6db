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
from rdos.kernel.sockets.doorway import Crowded, Doorway
from rdos.kernel.threads import in_thread

ANSWER_SECONDS = 8.0

_doorway = Doorway()


@dataclass(frozen=True, slots=True)
class Visitor:
    actor: Actor
    node: Node
    has_credential: bool


async def visitor_of(scope: Mapping[str, Any], key: str) -> Visitor | None:
    """None for nobody; whoever is somebody but may not hears a refusal."""
    with suppress(Crowded, TimeoutError), _doorway.standing(address_of_scope(scope)):
        async with asyncio.timeout(ANSWER_SECONDS):
            return await in_thread(_known, scope, key)
    return None


def _known(scope: Mapping[str, Any], key: str) -> Visitor | None:
    at = database_now()
    actor = actor_of_socket(scope, at)
    if actor is None:
        return None
    node = node_called(actor, key, "motion.drive")
    robot = driving.insist_drivable(actor, node, at)
    return Visitor(actor, node, has_credential=bool(robot.credential_hash))


def begin(visitor: Visitor, beginning: Beginning) -> DriveSession:
    """The bus first: a session that can tell its robot nothing is none."""
    if not bus.connected():
        raise bus.BusAway
    return driving.begin(
        actor=visitor.actor,
        node=visitor.node,
        limits=beginning.limits,
        at=database_now(),
        take_over=beginning.take_over,
    )
