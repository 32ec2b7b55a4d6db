"""What people tell a robot: take nothing new, go on, let go of everything, start anew."""

from datetime import datetime

from django.db import transaction

from devices.choices import CONNECTED
from devices.services import telling
from flows import doorbell
from flows.access import robot_for
from flows.choices import RobotStatus
from flows.errors import OnlyCalls, RobotAway
from flows.models import Robot
from flows.services import leases
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of

SET_ASIDE = (RobotStatus.PAUSED, RobotStatus.MAINTENANCE)


@transaction.atomic
def pause(*, actor: Actor, key: str, at: datetime) -> Robot:
    """It finishes what it has."""
    return _drain(actor, key, "pause", True)


@transaction.atomic
def resume(*, actor: Actor, key: str, at: datetime) -> Robot:
    robot = _drain(actor, key, "resume", False)
    if Robot.objects.filter(pk=robot.pk, status__in=SET_ASIDE).update(status=RobotStatus.IDLE):
        robot.status = RobotStatus.IDLE
    doorbell.room()
    return robot


@transaction.atomic
def stop(*, actor: Actor, key: str, at: datetime, force: bool = False) -> Robot:
    """By force its runs go back to the queue at once."""
    robot = _drain(actor, key, "stop", True)
    if force:
        leases.release_all(robot_key=key, at=at)
    return robot


def restart(*, actor: Actor, key: str, at: datetime) -> Robot:
    """Of whoever is on the line, as a node or as a robot. One that only calls in cannot be told."""
    robot = robot_for(actor, key, "robots.operate")
    if robot.node.status not in CONNECTED:
        raise RobotAway
    if robot.node.is_connected:
        telling.tell(actor=actor, node=robot.node, action={"type": "restart"}, at=at, wait=None)
        return resume(actor=actor, key=key, at=at)
    if robot.session_id is None:
        raise OnlyCalls
    return _restart_by_socket(actor, key, at)


@transaction.atomic
def _restart_by_socket(actor: Actor, key: str, at: datetime) -> Robot:
    robot = resume(actor=actor, key=key, at=at)
    doorbell.ordered(key, "restart")
    record(who=actor.who, action="robot.restart", about=row_of(robot.node))
    return robot


def _drain(actor: Actor, key: str, verb: str, drains: bool) -> Robot:
    robot = robot_for(actor, key, "robots.operate", hold=True)
    if robot.is_draining != drains:
        Robot.objects.filter(pk=robot.pk).update(is_draining=drains)
        record(who=actor.who, action=f"robot.{verb}", about=row_of(robot.node))
    robot.is_draining = drains
    doorbell.ordered(key, "pause" if drains else "resume")
    return robot
