"""What our own pages have in common: who is let in, and how a refusal is told."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from rdos.console import failures
from rdos.kernel.errors import DomainError

LOGIN, FRONT = "/login", "/"

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """Leads whoever is not signed in to the login page and back; tells refusals in words."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_login(request)
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return failures.answer(request, error)

    return guarded


def asked_again(view: View) -> View:
    """For what a page asks for by itself: whoever is not signed in hears so, and gets no login page into the page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return signed_in(view)(request, *args, **kwargs) if request.user.is_authenticated else HttpResponse(status=401)

    return guarded


def leads_to(place: str) -> View:
    """An older address of a page, by the name of its newer one."""

    def lead(request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(resolve_url(place))

    return require_safe(signed_in(lead))


def to_login(request: HttpRequest) -> HttpResponse:
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else FRONT
    place = LOGIN if wanted == FRONT else f"{LOGIN}?{urlencode({'next': wanted})}"
    # What was posted stays behind: only a question is asked again there.
    return HttpResponseRedirect(place, status=307 if request.method in ("GET", "HEAD") else 303)


def local(path: str | None) -> str:
    """The path if it stays on this hub, else the front page: a login link must not lead elsewhere."""
    is_local = path and path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return str(path) if is_local else FRONT
