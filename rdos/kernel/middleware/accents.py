"""Hears which accent a client speaks, by prefix or host name, and takes it off the path."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from rdos.kernel.api.accents import ACCENTS, ROOT, Accent
from rdos.kernel.api.answers import refusal
from rdos.kernel.errors import MethodNotAllowed

# These paths belong to the console's theme and to files: a slash is part of their name.
KEEPS_SLASH = ("/console/", "/static/")


class AccentMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        accent, path = heard(request.path_info, str(request.META.get("HTTP_HOST", "")))
        if len(path) > 1 and path.endswith("/") and not path.startswith(KEEPS_SLASH):
            path = path.rstrip("/") or "/"
        request.__dict__["accent"] = accent
        request.path_info = path
        if request.method == "HEAD" and not accent.answers_head:
            return refusal(MethodNotAllowed(), request)
        return self.get_response(request)


def heard(path: str, host: str) -> tuple[Accent, str]:
    first, _, rest = path[1:].partition("/")
    if first in ACCENTS:
        return ACCENTS[first], f"/{rest}"
    by_host = settings.ACCENT_HOSTS.get(host.rsplit(":", 1)[0].lower()) if settings.ACCENT_HOSTS else None
    return ACCENTS.get(by_host, ROOT) if by_host else ROOT, path
