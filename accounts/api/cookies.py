"""A browser's side of a sign-in: Django's session, Django's CSRF token, under the contract's names."""

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import rotate_token

from accounts.authentication import LOGIN_IN_SESSION
from accounts.models import User
from accounts.services import logins
from rdos.kernel.journal.storable import text
from rdos.kernel.requests import client, request_id


def open_session(request: HttpRequest, signed_in: logins.SignedIn) -> str:
    """Starts the browser session and returns the CSRF token that its writes must carry."""
    # Always a new one: an inherited session would tie two logins together.
    request.session.flush()
    auth.login(request, signed_in.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[LOGIN_IN_SESSION] = str(signed_in.login.pk)
    logins.remember_session(login=signed_in.login, session_key=str(request.session.session_key))
    rotate_token(request)
    return str(request.META["CSRF_COOKIE"])


def keep_session(request: HttpRequest, user: User) -> None:
    """Django ends sessions whose user's password changed; the one that changed it stays."""
    if request.session.get(auth.SESSION_KEY) == str(user.pk):
        request.session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()


def close_session(request: HttpRequest, response: HttpResponseBase) -> None:
    auth.logout(request)
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        response.delete_cookie(name, samesite="Lax")


def origin_of(request: HttpRequest) -> logins.Origin:
    return logins.Origin(
        address=client(request),
        agent=text(str(request.META.get("HTTP_USER_AGENT", ""))),
        request_id=request_id(request),
    )
