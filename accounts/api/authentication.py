"""The door's question: who asks? Every credential a client may show, in one fixed order."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import authentication as known
from accounts import signatures
from accounts.choices import Role
from accounts.errors import InvalidApiToken
from accounts.models import ApiToken
from accounts.services import jwks, provisioning, tokens
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.addresses import came_through_a_proxy, inside, sent_by_another_site
from rdos.kernel.api.accents import accent_of
from rdos.kernel.errors import CsrfRefused, InvalidToken, NotAuthenticated
from rdos.kernel.requests import client, request_id


class ActorAuthentication(BaseAuthentication):
    """Keys first: robots send their key as a bearer too, where it would not pass for a token (casare 0.3)."""

    def authenticate(self, request: Request) -> tuple[Actor, None]:
        at = timezone.now()
        actor = _by_key_header(request, at) or _by_bearer(request, at) or _by_cookie(request, at) or _nobody(request)
        return replace(actor, address=client(request), request_id=request_id(request)), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _by_key_header(request: Request, at: datetime) -> Actor | None:
    raw = request.META.get("HTTP_X_API_KEY") or request.META.get("HTTP_X_API_TOKEN")
    if not raw:
        return None
    actor = _by_key(raw, request, at)
    if actor:
        return actor
    scheme, _, bearer = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip() not in ("", raw):
        return None
    raise InvalidApiToken


def _by_key(raw: str, request: Request, at: datetime) -> Actor | None:
    if (actor := known.by_key_of_another_app(raw, at)) is not None:
        return actor
    token = known.api_token_by(raw)
    if token is None:
        return known.by_configured_key(raw)
    actor = known.actor_of_token(token, at)
    _note(token, request, at)
    return actor


def _note(token: ApiToken, request: Request, at: datetime) -> None:
    tokens.note_use(token=token, address=client(request), at=at)


def _by_bearer(request: Request, at: datetime) -> Actor | None:
    scheme, _, credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer":
        return None
    if not credential:
        raise NotAuthenticated
    if signatures.looks_like_jwt(credential) or _belongs_to_the_issuer(request, credential):
        return _by_jwt(request, credential, at)
    actor = _by_key(credential, request, at) or known.by_session_key(credential, at)
    if actor is None:
        raise InvalidToken
    return actor


def _belongs_to_the_issuer(request: Request, credential: str) -> bool:
    """Where a foreign issuer is the rule, even garbage is refused in its words."""
    if not settings.CLERK_ISSUER or not accent_of(request).foreign_tokens_first:
        return False
    return not credential.startswith((signatures.API_PREFIX, signatures.ROBOT_PREFIX))


def _by_jwt(request: Request, credential: str, at: datetime) -> Actor:
    if not settings.CLERK_ISSUER or not _is_foreign(request, credential):
        return known.by_access_token(credential, at)
    try:
        return known.by_access_token(credential, at)
    except (InvalidToken, NotAuthenticated):
        user = jwks.user_of(credential)
    if not user.may_sign_in(at):
        raise InvalidToken
    return known.actor_of_user(user)


def _is_foreign(request: Request, credential: str) -> bool:
    ours = signatures.header_of(credential).get("alg") == signatures.ALGORITHM
    return not ours or _belongs_to_the_issuer(request, credential)


def _by_cookie(request: Request, at: datetime) -> Actor | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    actor = known.actor_of_session(request._request.session, at)
    if actor is not None:
        _insist_on_csrf(request)
    return actor


def _nobody(request: Request) -> Actor:
    """What needs no login is open to programs and our own pages, never to a page that a browser has open elsewhere."""
    if sent_by_another_site(request._request):
        return known.ANONYMOUS
    if known.is_developer_at_the_desk(request._request):
        return replace(known.actor_of_user(provisioning.dev_user()), dev_mode=True)
    if settings.OPEN_LAN and inside(client(request), settings.OPEN_LAN) and _origin_is_sure(request):
        return Actor(ActorKind.LAN, "", "open LAN", Role.OPERATOR, scopes=frozenset({"bus"}))
    return known.ANONYMOUS


def _origin_is_sure(request: Request) -> bool:
    """A proxy that nobody declared stands inside the LAN itself, and anybody behind it."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    return inside(peer, settings.TRUSTED_PROXIES) or not came_through_a_proxy(request._request)


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: Any, reason: str) -> str:
        return reason

    def _check_referer(self, request: Any) -> None:
        # Programs send cookies without a Referer. A browser that could be misled always sends Origin or Referer.
        if request.META.get("HTTP_REFERER"):
            super()._check_referer(request)  # type: ignore[misc] # the stubs leave it out


def _insist_on_csrf(request: Request) -> None:
    check = _CsrfCheck(lambda _: None)  # type: ignore[arg-type]
    plain = request._request
    check.process_request(plain)
    if check.process_view(plain, lambda _: None, (), {}):  # type: ignore[arg-type, return-value]
        raise CsrfRefused
