"""Signing in, staying in, and getting out."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from accounts import signatures
from accounts.authentication import password_fits, signer
from accounts.choices import Role
from accounts.errors import InvalidRefreshToken, NotARefreshToken, WrongCredentials, WrongSecondFactor
from accounts.models import Login, User
from accounts.queries import find_by_name
from accounts.services import locks, second_factors
from rdos.kernel import limits, sessions
from rdos.kernel.addresses import neighbourhood
from rdos.kernel.errors import InvalidToken, TokenExpired
from rdos.kernel.journal import Row, Who, record, row_of
from rdos.kernel.keys import RATE_LIMITS, derive

TRIES, TRY_SECONDS = 5, 60


@dataclass(frozen=True)
class Origin:
    """Where a sign-in comes from."""

    address: str
    agent: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class SignedIn:
    user: User
    login: Login
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


def sign_in(
    *,
    name: str,
    password: str,
    otp: str = "",
    tenant_id: str | None = None,
    origin: Origin,
    at: datetime,
    count: Callable[[limits.Verdict], None] = limits.insist,
) -> SignedIn:
    """By username or e-mail. Counted before the costly hash, so that a flood costs nothing."""
    count(limits.hit("login", neighbourhood(origin.address), limit=TRIES, seconds=TRY_SECONDS))
    user = find_by_name(name)
    # One count for an account, whichever of its names was tried.
    account = user.username if user else _stand_in(name)
    locks.check(address=origin.address, account=account, at=at)
    if not password_fits(user, password) or user is None or not user.may_sign_in(at):
        _refuse(account, user, origin, at)
        raise WrongCredentials
    return _finish(user, otp, tenant_id, origin, at)


def finish_sign_in(*, user: User, otp: str, origin: Origin, at: datetime) -> SignedIn:
    """The second step, for somebody whose password fitted a moment ago."""
    locks.check(address=origin.address, account=user.username, at=at)
    if not user.may_sign_in(at):
        raise WrongCredentials
    return _finish(user, otp, None, origin, at)


def _finish(user: User, otp: str, tenant_id: str | None, origin: Origin, at: datetime) -> SignedIn:
    """Wrong codes count like wrong passwords."""
    try:
        second_factors.demand(user=user, code=otp, at=at)
    except WrongSecondFactor:
        _refuse(user.username, user, origin, at)
        raise
    locks.clear(address=origin.address, account=user.username)
    return open_login(user=user, tenant_id=tenant_id, origin=origin, at=at)


def _stand_in(name: str) -> str:
    """People type passwords into the wrong field: a name that nobody has is counted, but kept nowhere."""
    key = derive(settings.MASTER_KEY, RATE_LIMITS)
    return "unknown-" + hmac.new(key, name.strip().lower().encode(), "sha256").hexdigest()[:12]


def _refuse(name: str, user: User | None, origin: Origin, at: datetime) -> None:
    locked = locks.count_failure(address=origin.address, account=name, at=at)
    about = row_of(user) if user else Row(kind="user", label=name[:128])
    who = Who("anonymous", "", name[:128], origin.address, origin.request_id)
    record(who=who, action="auth.login_failed", about=about, details={"locked": locked})


@transaction.atomic
def open_login(*, user: User, tenant_id: str | None = None, origin: Origin, at: datetime) -> SignedIn:
    jti = signatures.new_jti()
    login = Login.objects.create(
        user=user,
        refresh_jti=jti,
        tenant_id=tenant_id,
        address=origin.address,
        agent=origin.agent[:200],
        created_at=at,
        refreshed_at=at,
        expires_at=at + max(settings.REFRESH_TOKEN_LIFETIME, settings.ACCESS_TOKEN_LIFETIME),
    )
    User.objects.filter(pk=user.pk).update(last_login_at=at)
    user.last_login_at = at
    who = Who("user", str(user.pk), user.username, origin.address, origin.request_id)
    record(who=who, action="auth.login", about=row_of(user))
    return _tokens(user, login, jti, at)


def _tokens(user: User, login: Login, jti: str, at: datetime) -> SignedIn:
    def claims(kind: str, token_jti: str) -> signatures.Claims:
        return signatures.Claims(user.pk, login.pk, token_jti, kind, login.tenant_id)

    lifetime = settings.ACCESS_TOKEN_LIFETIME
    access = signer().access(
        claims=claims(signatures.ACCESS, uuid4().hex), role=Role(user.role), at=at, lifetime=lifetime
    )
    refresh = signer().refresh(claims=claims(signatures.REFRESH, jti), at=at, lifetime=settings.REFRESH_TOKEN_LIFETIME)
    return SignedIn(user, login, access, refresh, int(lifetime.total_seconds()))


def refresh(*, token: str, origin: Origin, at: datetime) -> SignedIn:
    """A new pair for an unused refresh token; a used one revokes everything that came of its login."""
    claims = _refresh_claims(token, at)
    jti = signatures.new_jti()
    rotated = Login.objects.filter(
        pk=claims.login_id, refresh_jti=claims.jti, revoked_at=None, expires_at__gt=at
    ).update(refresh_jti=jti, refreshed_at=at, expires_at=at + settings.REFRESH_TOKEN_LIFETIME)
    login = Login.objects.select_related("user").filter(pk=claims.login_id).first()
    if login is None:
        raise InvalidRefreshToken
    if not rotated:
        if login.is_open(at):
            revoke(login=login, because="reuse", at=at, who=_whoever(login.user, origin))
        raise InvalidRefreshToken
    if not login.user.may_sign_in(at):
        raise InvalidRefreshToken
    return _tokens(login.user, login, jti, at)


def _refresh_claims(token: str, at: datetime) -> signatures.Claims:
    try:
        claims = signer().read(token, at)
    except TokenExpired:
        raise
    except InvalidToken as error:
        raise InvalidRefreshToken from error
    if claims.type != signatures.REFRESH:
        raise NotARefreshToken
    return claims


def _whoever(user: User, origin: Origin) -> Who:
    return Who("anonymous", str(user.pk), user.username, origin.address, origin.request_id)


@transaction.atomic
def revoke(*, login: Login, because: str, at: datetime, who: Who) -> bool:
    """Ends a login, its tokens and its browser session. Only the first call counts."""
    ended = Login.objects.filter(pk=login.pk, revoked_at=None).update(revoked_at=at, revoked_because=because)
    if not ended:
        return False
    if login.session_key:
        sessions.forget([login.session_key])
    action = "auth.refresh_reused" if because == "reuse" else "auth.logout"
    record(who=who, action=action, about=row_of(login.user), details={"because": because, "login": str(login.pk)})
    return True


def revoke_all(*, user: User, because: str, at: datetime, keep: UUID | None = None) -> int:
    """Ends every login of a user, but for the one that asks."""
    found = Login.objects.filter(user=user, revoked_at=None)
    found = found.exclude(pk=keep) if keep else found
    sessions.forget(list(found.exclude(session_key="").values_list("session_key", flat=True)))
    return found.update(revoked_at=at, revoked_because=because)


def remember_session(*, login: Login, session_key: str) -> None:
    Login.objects.filter(pk=login.pk).update(session_key=sessions.stored_key(session_key))


def prune(at: datetime) -> int:
    """Logins that ended long ago. What happened in them stays in the journal."""
    return Login.objects.filter(expires_at__lt=at).delete()[0]
