"""Making, changing and removing people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.access import insist_in_person, may_grant, user_to_change
from accounts.choices import Role, TokenKind
from accounts.errors import AboveYourself, LastSuperAdmin, NameTaken, NotYourself
from accounts.models import ApiToken, User
from accounts.services import logins, passwords
from rdos.kernel.actors import Actor
from rdos.kernel.errors import Forbidden, InvalidInput, NotFound
from rdos.kernel.journal import SYSTEM, Who, changes, record, row_of

CHANGEABLE = (
    "display_name",
    "email",
    "role",
    "tier",
    "avatar_url",
    "is_temporary",
    "expires_at",
    "allowed_node_ids",
    "denied_node_ids",
    "is_active",
)
# With these a stolen token could make itself at home.
NODES = frozenset({"allowed_node_ids", "denied_node_ids"})
POWER = frozenset({"role"}) | NODES


def create(*, actor: Actor, username: str, password: str, at: datetime, **fields: Any) -> User:
    # Not naming nodes means all of them, which is a grant too.
    insist_in_person(actor)
    _guard_grant(actor, {"allowed_node_ids": None, "denied_node_ids": []} | fields, at)
    return make(who=actor.who, username=username, password=password, **fields)


def make(*, who: Who = SYSTEM, username: str, password: str | None, **fields: Any) -> User:
    """The one way a user comes to be; without a password nobody can sign in with one."""
    if password is not None:
        passwords.insist(password, username=username)
    user = User(username=username, **_stored(fields))
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            record(who=who, action="user.create", about=row_of(user), after=facts(user))
    except IntegrityError as error:
        raise NameTaken from error
    return user


def update(*, actor: Actor, pk: UUID, at: datetime, password: str | None = None, **fields: Any) -> User:
    wanted = {name: value for name, value in fields.items() if name in CHANGEABLE}
    try:
        with transaction.atomic():
            return _update(actor, pk, wanted, password, at)
    except IntegrityError as error:
        raise NameTaken from error


def _update(actor: Actor, pk: UUID, wanted: dict[str, Any], password: str | None, at: datetime) -> User:
    user = _held(user_to_change(actor, pk))
    if password is not None or POWER & wanted.keys():
        insist_in_person(actor)
    granted = {name: getattr(user, name) for name in NODES} if NODES & wanted.keys() else {}
    _guard_grant(actor, granted | wanted, at)
    _guard_own_account(actor, user, wanted)
    if _loses_power(user, wanted, at):
        _guard_last(user)
    before = facts(user)
    for name, value in _stored(wanted).items():
        setattr(user, name, value)
    if password is not None:
        passwords.insist(password, username=user.username)
        user.set_password(password)
    user.save()
    old, new = changes(before, facts(user))
    if old or new or password is not None:
        details = {"credential_changed": True} if password is not None else None
        record(who=actor.who, action="user.update", about=row_of(user), before=old, after=new, details=details)
    if password is not None or not user.may_sign_in(at):
        logins.revoke_all(user=user, because="user_changed", at=at, keep=actor.login_id)
    return user


def delete(*, actor: Actor, pk: UUID) -> None:
    if actor.user_id == pk:
        raise NotYourself
    with transaction.atomic():
        user = _held(user_to_change(actor, pk))
        if user.role == Role.SUPER_ADMIN:
            _guard_last(user)
        _hand_over_robots(user, actor)
        record(who=actor.who, action="user.delete", about=row_of(user), before=facts(user))
        user.delete()


def _hand_over_robots(user: User, actor: Actor) -> None:
    """The robots go on working: their keys pass to whoever removed the person."""
    robots = ApiToken.objects.filter(owner=user, kind=TokenKind.ROBOT)
    heir = actor.user_id or User.objects.exclude(pk=user.pk).filter(role=Role.SUPER_ADMIN).values_list("pk").first()
    robots.update(owner_id=heir)


def facts(user: User) -> dict[str, Any]:
    """What the journal keeps of a user; never the password."""
    return {"username": user.username} | {name: getattr(user, name) for name in CHANGEABLE}


def _stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """E-mail is unique only where there is one; node ids are kept as text."""
    stored = dict(fields)
    if "email" in stored:
        stored["email"] = stored["email"] or None
    for name in NODES & stored.keys():
        if stored[name] is not None:
            stored[name] = [str(pk) for pk in stored[name]]
    return stored


def _guard_grant(actor: Actor, fields: Mapping[str, Any], at: datetime) -> None:
    """Nobody gives away more than they have: neither a role nor a node."""
    if "role" in fields and Role(fields["role"]).rank > Role(actor.role).rank:
        raise AboveYourself
    if fields.get("expires_at") and fields["expires_at"] <= at:
        raise InvalidInput(errors={"expires_at": ["This moment is in the past."]})
    if fields.keys() >= NODES:
        allowed, denied = (_ids(fields[name]) for name in ("allowed_node_ids", "denied_node_ids"))
        if not may_grant(actor, allowed, denied):
            raise AboveYourself("Nobody grants nodes that they cannot see themselves.")


def _ids(given: Any) -> Any:
    return None if given is None else frozenset(UUID(str(pk)) for pk in given)


def _guard_own_account(actor: Actor, user: User, wanted: Mapping[str, Any]) -> None:
    if actor.user_id == user.pk and wanted.get("is_active") is False:
        raise Forbidden("You cannot deactivate your own account.")


def _loses_power(user: User, wanted: Mapping[str, Any], at: datetime) -> bool:
    if user.role != Role.SUPER_ADMIN or not user.may_sign_in(at):
        return False
    return (
        wanted.get("role", user.role) != Role.SUPER_ADMIN
        or wanted.get("is_active") is False
        or bool(wanted.get("expires_at"))
    )


def _held(user: User) -> User:
    """The row, locked. Both of two super admins who remove each other at once must not succeed, so whoever changes one
    holds them all, in one order: two who each held one and wanted the other would wait for ever."""
    locked = User.objects.select_for_update()
    if user.role == Role.SUPER_ADMIN:
        list(locked.filter(role=Role.SUPER_ADMIN).order_by("pk"))
    held = locked.filter(pk=user.pk).first()
    if held is None:
        raise NotFound
    return held


def _guard_last(user: User) -> None:
    others = User.objects.filter(role=Role.SUPER_ADMIN, is_active=True, expires_at=None)
    if not others.exclude(pk=user.pk).exists():
        raise LastSuperAdmin
