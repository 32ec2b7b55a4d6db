"""Who stands behind what a caller shows: the same for a request and for a socket."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from accounts import authentication as known
from accounts import signatures
from accounts.errors import InvalidApiToken
from accounts.services import jwks, provisioning, tokens
from rdos.kernel.actors import Actor
from rdos.kernel.addresses import came_through_a_proxy, inside, sent_by_another_site
from rdos.kernel.errors import InvalidToken, NotAuthenticated
from rdos.kernel.requests import client


def by_key(raw: str, address: str, at: datetime) -> Actor | None:
    if (actor := known.by_key_of_another_app(raw, at)) is not None:
        return actor
    token = known.api_token_by(raw)
    if token is None:
        return known.by_configured_key(raw)
    actor = known.actor_of_token(token, at)
    tokens.note_use(token=token, address=address, at=at)
    return actor


def by_key_alone(raw: str, address: str, at: datetime) -> Actor:
    actor = by_key(raw, address, at)
    if actor is None:
        raise InvalidApiToken
    return actor


def by_bearer(credential: str, address: str, at: datetime, *, foreign_first: bool = False) -> Actor:
    """Keys too: robots send their key as a bearer, where it would not pass for a token (casare 0.3)."""
    if signatures.looks_like_jwt(credential) or _belongs_to_the_issuer(credential, foreign_first):
        return _by_jwt(credential, at, foreign_first)
    actor = by_key(credential, address, at) or known.by_session_key(credential, at)
    if actor is None:
        raise InvalidToken
    return actor


def _belongs_to_the_issuer(credential: str, foreign_first: bool) -> bool:
    """Where a foreign issuer is the rule, even garbage is refused in its words."""
    if not settings.CLERK_ISSUER or not foreign_first:
        return False
    return not credential.startswith((signatures.API_PREFIX, signatures.ROBOT_PREFIX))


def _by_jwt(credential: str, at: datetime, foreign_first: bool) -> Actor:
    if not settings.CLERK_ISSUER or not _is_foreign(credential, foreign_first):
        return known.by_access_token(credential, at)
    try:
        return known.by_access_token(credential, at)
    except (InvalidToken, NotAuthenticated):
        user = jwks.user_of(credential)
    if not user.may_sign_in(at):
        raise InvalidToken
    return known.actor_of_user(user)


def _is_foreign(credential: str, foreign_first: bool) -> bool:
    ours = signatures.header_of(credential).get("alg") == signatures.ALGORITHM
    return not ours or _belongs_to_the_issuer(credential, foreign_first)


def without_credential(request: HttpRequest) -> Actor:
    """What needs no login is open to programs and our own pages, never to a page that a browser has open elsewhere."""
    if sent_by_another_site(request):
        return known.ANONYMOUS
    if known.is_developer_at_the_desk(request):
        return known.at_the_desk(provisioning.dev_user())
    if settings.OPEN_LAN and inside(client(request), settings.OPEN_LAN) and _origin_is_sure(request):
        return known.LAN
    return known.ANONYMOUS


def _origin_is_sure(request: HttpRequest) -> bool:
    """A proxy that nobody declared stands inside the LAN itself, and anybody behind it."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    return inside(peer, settings.TRUSTED_PROXIES) or not came_through_a_proxy(request)
