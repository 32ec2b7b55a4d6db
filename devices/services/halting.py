"""Robots are made to stand: first on the bus, and only then is anything written, which may be slow.

Who asks is known by then: that was read from the database before. It is never refused for maintenance, denied commands
or expiry.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.access import allows, require
from devices import drivers
from devices.access import node_called, sees_every_device, sees_everything, within
from devices.choices import OPEN_COMMANDS, DriveEnd
from devices.hal.motion import COMMAND, PAYLOAD_KEYS
from devices.models import Command, Halt, Node
from devices.services import commands, driving
from devices.services.standstill import EVERYONE, repeater, say, say_soon
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring
from rdos.kernel.bus import BusAway
from rdos.kernel.bus.subjects import part
from rdos.kernel.journal import Row, record

BELL = "halts"
STOP = {"type": "stop"}
# Whoever connects only later is not stopped by it any more.
STOP_LIVES = timedelta(seconds=10)
# So long after a stop whoever else speaks on the bus says it again.
SAID_AGAIN = timedelta(seconds=2)
MOST_DUE = 100


@dataclass(frozen=True, slots=True)
class Halted:
    keys: Sequence[str]
    everyone: bool
    published: int
    ended_sessions: int
    cancelled_commands: int
    told_by_command: int


def stop_node(*, actor: Actor, key: str, at: datetime) -> Halted:
    require(actor, "motion.stop")
    # Whoever sees everything need not wait for this node to be found.
    node = None if sees_everything(actor) else node_called(actor, key, "motion.stop")
    said = _silence([part(key)])
    node = node or node_called(actor, key, "motion.stop")
    return _noted(actor, Node.objects.filter(pk=node.pk), [key], said, at)


def stop_all(*, actor: Actor, at: datetime) -> Halted:
    """All that the actor sees; whoever sees all that is on the bus also tells the robots that the hub does not know."""
    require(actor, "motion.stop")
    everyone = sees_every_device(actor)
    first, error = _silence([EVERYONE]) if everyone else (0, "")
    seen = Node.objects.filter(within(actor, "id"))
    keys = list(seen.filter(on_bus=True).values_list("key", flat=True))
    then, error_then = _silence(keys)
    return _noted(actor, seen, keys, (first + then, error or error_then), at, everyone=everyone)


def _silence(keys: Sequence[str]) -> tuple[int, str]:
    """How many zeros the bus took, and what kept it from it."""
    repeater.begin(keys)
    if keys:
        # Whoever drives one of them in some process lets go.
        ring(BELL, " ".join(keys))
    try:
        return say(keys), ""
    except BusAway as error:
        return 0, error.detail


def _noted(
    actor: Actor,
    nodes: QuerySet[Node],
    keys: Sequence[str],
    said: tuple[int, str],
    at: datetime,
    *,
    everyone: bool = False,
) -> Halted:
    published, error = said
    with transaction.atomic():
        halt = _row(actor, keys, everyone, published, error)
        counts = {
            "ended_sessions": driving.end_all(nodes, DriveEnd.HALTED, actor.who, at),
            "cancelled_commands": _cancel_motion(actor, nodes, at),
            "told_by_command": _tell_those_with_a_socket(actor, nodes, at),
        }
        facts = {"keys": keys[:MOST_DUE], "everyone": everyone, "published": published, "error": error, **counts}
        about = Row("halt", str(halt.pk), str(halt))
        record(who=actor.who, action="motion.stop", about=about, details=facts)
    if error:
        raise BusAway(error)
    return Halted(keys, everyone, published, **counts)


def _row(actor: Actor, keys: Sequence[str], everyone: bool, published: int, error: str) -> Halt:
    who = actor.who
    return Halt.objects.create(
        keys=list(keys),
        everyone=everyone,
        published=published,
        error=error[:200],
        created_by_kind=who.kind,
        created_by_id=who.id[:128],
        created_by_label=who.label[:200],
    )


def _cancel_motion(actor: Actor, nodes: QuerySet[Node], at: datetime) -> int:
    moves = Q(name=COMMAND) | Q(action__has_keys=PAYLOAD_KEYS)
    open_ones = Command.objects.filter(moves, node__in=nodes.values("pk"), status__in=OPEN_COMMANDS)
    return len(commands.cancel(open_ones, at, error=f"Stopped by {actor.label}"[: commands.LONGEST_ERROR]))


def _tell_those_with_a_socket(actor: Actor, nodes: QuerySet[Node], at: datetime) -> int:
    """Robots that speak no HAL are told in their own words, if their driver knows any."""
    there = nodes.filter(session_id__isnull=False, device_type__in=_able()).values_list("pk", flat=True)
    fields: dict[str, Any] = {"action": STOP, "expires_at": at + STOP_LIVES}
    drafts = [commands.draft(who=actor.who, node_id=pk, **fields) for pk in there]
    commands.keep(drafts)
    for draft in drafts:
        commands.wake(draft.node_id)
    return len(drafts)


def has_robots(actor: Actor, seen: Node | None = None) -> bool:
    """Whether there is anybody for this actor to stop. A robot that they see already is not looked for."""
    if not allows(actor, "motion.stop"):
        return False
    if seen is not None and (seen.on_bus or seen.device_type in _able()):
        return True
    return Node.objects.filter(within(actor, "id"), Q(on_bus=True) | Q(device_type__in=_able())).exists()


def _able() -> list[str]:
    return [driver.device_type for driver in drivers.all_drivers() if driver.command(STOP["type"])]


# --- For the bridge, which says again what another process may have failed to say


def due(at: datetime) -> list[Halt]:
    return list(Halt.objects.filter(created_at__gt=at - SAID_AGAIN).order_by("created_at")[:MOST_DUE])


def repeat(halts: Sequence[Halt], heard: Collection[str] = ()) -> None:
    """Harmless however often: once for each robot. `heard` are those that a bell named before their row was there."""
    keys = {key for halt in halts for key in halt.keys} | set(heard)
    for key in keys | ({EVERYONE} if any(halt.everyone for halt in halts) else set()):
        say_soon(key)
