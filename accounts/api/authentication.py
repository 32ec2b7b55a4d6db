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
from accounts.errors import InvalidApiToken
from accounts.services import callers
from rdos.kernel.actors import Actor
from rdos.kernel.api.accents import accent_of
from rdos.kernel.errors import CsrfRefused, NotAuthenticated
from rdos.kernel.requests import client, request_id


class ActorAuthentication(BaseAuthentication):
    """Keys first: robots send their key as a bearer too, where it would not pass for a token (casare 0.3)."""

    def authenticate(self, request: Request) -> tuple[Actor, None]:
        at = timezone.now()
        actor = _by_key_header(request, at) or _by_bearer(request, at) or _by_cookie(request, at)
        actor = actor or callers.without_credential(request._request)
        return replace(actor, address=client(request), request_id=request_id(request)), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _by_key_header(request: Request, at: datetime) -> Actor | None:
    raw = request.META.get("HTTP_X_API_KEY") or request.META.get("HTTP_X_API_TOKEN")
    if not raw:
        return None
    actor = callers.by_key(raw, client(request), at)
    if actor:
        return actor
    scheme, _, bearer = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip() not in ("", raw):
        return None
    raise InvalidApiToken


def _by_bearer(request: Request, at: datetime) -> Actor | None:
    scheme, _, credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer":
        return None
    if not credential:
        raise NotAuthenticated
    return callers.by_bearer(credential, client(request), at, foreign_first=accent_of(request).foreign_tokens_first)


def _by_cookie(request: Request, at: datetime) -> Actor | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    actor = known.actor_of_session(request._request.session, at)
    if actor is not None:
        _insist_on_csrf(request)
    return actor


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
