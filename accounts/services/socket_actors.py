"""Who opens a socket: the same people and programs as at the API, with what a browser's page needs to be sure of."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

from accounts import authentication as known
from accounts.services import callers
from rdos.kernel.actors import Actor
from rdos.kernel.addresses import address_of_scope, sent_by_another_site
from rdos.kernel.errors import DomainError
from rdos.kernel.requests import client, note

LONGEST_CREDENTIAL = 8192
MOST_QUERY_FIELDS = 20


def actor_of_socket(scope: Mapping[str, Any], at: datetime) -> Actor | None:
    """None for whoever may not open one. It reads the database, so it is called in a thread; asked again with the same
    scope, it says whether they still may."""
    request = _request_of(scope)
    with suppress(DomainError, DisallowedHost):
        actor = _by_key(request, at) or _by_bearer(request, at) or _by_cookie(request, at)
        actor = actor or callers.without_credential(request)
        return replace(actor, address=client(request)) if actor.is_authenticated else None
    return None


def _request_of(scope: Mapping[str, Any]) -> HttpRequest:
    """A handshake is a GET."""
    request = ASGIRequest({**scope, "method": "GET"}, BytesIO())
    note(request, request_id="", client_address=address_of_scope(scope))
    return request


def _by_key(request: HttpRequest, at: datetime) -> Actor | None:
    raw = request.META.get("HTTP_X_API_KEY") or request.META.get("HTTP_X_API_TOKEN")
    return callers.by_key_alone(raw, client(request), at) if raw else None


def _by_bearer(request: HttpRequest, at: datetime) -> Actor | None:
    """Browsers cannot give a socket a header, so the token may stand in the address."""
    credential = _shown(request)
    if not credential:
        return None
    if len(credential) > LONGEST_CREDENTIAL:
        return known.ANONYMOUS
    return callers.by_bearer(credential, client(request), at)


def _shown(request: HttpRequest) -> str:
    scheme, _, credential = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    with suppress(ValueError):
        asked = parse_qs(str(request.META.get("QUERY_STRING", "")), max_num_fields=MOST_QUERY_FIELDS)
        return (asked.get("token") or [""])[0]
    return ""


def _by_cookie(request: HttpRequest, at: datetime) -> Actor | None:
    """A browser sends its cookies with any page's handshake, and says which page that is."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if key is None:
        return None
    actor = known.by_session_key(key, at)
    if actor is None:
        return None
    is_our_page = "HTTP_ORIGIN" in request.META and not sent_by_another_site(request)
    return actor if is_our_page else known.ANONYMOUS
