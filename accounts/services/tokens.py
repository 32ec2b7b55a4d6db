"""API tokens and robot tokens: made, shown once, used, revoked."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts import signatures
from accounts.access import require, robot_token_for, token_for
from accounts.choices import TokenKind
from accounts.models import ApiToken, User
from rdos.kernel.actors import Actor
from rdos.kernel.errors import Forbidden, InvalidInput
from rdos.kernel.journal import record, row_of

SHOWN_PREFIX = 12
ROTATED, LONGEST_NAME = " (rotated)", 255
# Often enough to tell a forgotten token, seldom enough to cost nothing.
USE_NOTED_EVERY = timedelta(seconds=60)


def create(
    *,
    actor: Actor,
    kind: str,
    name: str,
    scopes: list[str],
    robot_key: str = "",
    expires_at: datetime | None = None,
    description: str = "",
    at: datetime,
) -> tuple[ApiToken, str]:
    """The row, and the token itself, which is never seen again."""
    if actor.user_id is None:
        raise Forbidden("Only a person can own a token.")
    _guard(actor, kind, robot_key, expires_at, at)
    raw = signatures.new_robot_token() if kind == TokenKind.ROBOT else signatures.new_api_token()
    with transaction.atomic():
        token = ApiToken.objects.create(
            kind=kind,
            name=name,
            description=description,
            prefix=raw[:SHOWN_PREFIX],
            digest=signatures.digest(raw),
            owner=User.objects.get(pk=actor.user_id),
            robot_key=robot_key,
            scopes=["robot"] if kind == TokenKind.ROBOT else sorted(set(scopes)),
            expires_at=expires_at,
        )
        record(who=actor.who, action="token.create", about=row_of(token), after=facts(token))
    return token, raw


def _guard(actor: Actor, kind: str, robot_key: str, expires_at: datetime | None, at: datetime) -> None:
    if kind == TokenKind.ROBOT:
        require(actor, "robot_tokens.create")
    if (kind == TokenKind.ROBOT) != bool(robot_key):
        raise InvalidInput(errors={"robot_id": ["A robot token names its robot; an API token names none."]})
    if expires_at and expires_at <= at:
        raise InvalidInput(errors={"expires_at": ["This moment is in the past."]})


@transaction.atomic
def revoke(*, actor: Actor, pk: UUID, at: datetime, reason: str = "") -> ApiToken:
    """Revoking twice is the same as once."""
    token = token_for(actor, pk)
    if ApiToken.objects.filter(pk=pk, revoked_at=None).update(revoked_at=at):
        token.revoked_at = at
        record(
            who=actor.who, action="token.revoke", about=row_of(token), details={"reason": reason} if reason else None
        )
    return token


@transaction.atomic
def rotate_robot_token(*, actor: Actor, pk: UUID, at: datetime) -> tuple[ApiToken, str]:
    """A new key for the same robot, without an end; the old one is good no more."""
    old = robot_token_for(actor, pk, "robot_tokens.create")
    revoke(actor=actor, pk=pk, at=at)
    name = old.name if old.name.endswith(ROTATED) else old.name[: LONGEST_NAME - len(ROTATED)] + ROTATED
    return create(
        actor=actor, kind=TokenKind.ROBOT, name=name, scopes=[], robot_key=old.robot_key, description=old.description,
        at=at,
    )  # fmt: skip


@transaction.atomic
def delete_robot_token(*, actor: Actor, pk: UUID) -> None:
    """The journal keeps that it was there."""
    token = robot_token_for(actor, pk, "robot_tokens.delete")
    record(who=actor.who, action="token.delete", about=row_of(token), before=facts(token))
    token.delete()


@transaction.atomic
def revoke_of_robot(*, actor: Actor, robot_key: str, at: datetime) -> int:
    """All keys of a robot that is no more."""
    require(actor, "robot_tokens.delete")
    mine = ApiToken.objects.filter(kind=TokenKind.ROBOT, robot_key=robot_key, revoked_at=None)
    ids = list(mine.values_list("pk", flat=True))
    for pk in ids:
        revoke(actor=actor, pk=pk, at=at)
    return len(ids)


def note_use(*, token: ApiToken, address: str, at: datetime) -> None:
    if token.last_used_at and token.last_used_at > at - USE_NOTED_EVERY and token.last_used_address == address:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=at - USE_NOTED_EVERY) | ~Q(last_used_address=address)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=at, last_used_address=address)


def facts(token: ApiToken) -> dict[str, object]:
    return {
        "name": token.name,
        "kind": token.kind,
        "robot": token.robot_key,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
    }
