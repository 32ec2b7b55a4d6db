"""Keys for robots that are known, or that are only to come."""

from datetime import datetime, timedelta
from typing import Any

from accounts.choices import TokenKind
from accounts.models import ApiToken
from accounts.services import tokens
from devices.models import Node
from devices.particulars import key_of, marked
from flows.errors import RobotNotFound
from flows.models import Robot
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput


def create(*, actor: Actor, at: datetime, name: str, robot_id: str | None = None, **more: Any) -> tuple[ApiToken, str]:
    """The row, and the key itself, which is never seen again."""
    if robot_id is not None and not Robot.objects.filter(node__key=robot_id).exists():
        raise RobotNotFound(f"Robot {robot_id} not found")
    return tokens.create(
        actor=actor,
        kind=TokenKind.ROBOT,
        name=name,
        scopes=[],
        robot_key=robot_id or _free(key_of(name)),
        description=more.get("description") or "",
        expires_at=_end(more.get("expires_at"), more.get("expires_in_days"), at),
        at=at,
    )


def _free(key: str) -> str:
    """Nobody comes to speak for a node by choosing its name."""
    taken = Node.objects.filter(key=key).exists() or ApiToken.objects.filter(robot_key=key).exists()
    return marked(key) if taken else key


def _end(moment: datetime | None, days: int | None, at: datetime) -> datetime | None:
    if moment is not None and days is not None:
        raise InvalidInput(errors={"expires_in_days": ["Either this or `expires_at`."]})
    return moment if days is None else at + timedelta(days=days)


def names_of(found: list[ApiToken]) -> dict[str, str]:
    keys = {token.robot_key for token in found}
    return dict(Robot.objects.filter(node__key__in=keys).values_list("node__key", "node__name"))
