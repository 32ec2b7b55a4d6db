"""Security headers on every answer, and a content policy per kind of page."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COMMON = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; "
)
STRICT = COMMON + "script-src 'self'; style-src 'self'"
# The theme's list and form pages run Alpine, which compiles its expressions and sets inline styles.
THEME = COMMON + "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
# Swagger UI styles itself inline.
API_DOCS = COMMON + "script-src 'self'; style-src 'self' 'unsafe-inline'"
JSON_ONLY = "default-src 'none'; frame-ancestors 'none'"

THEME_PREFIX = "/console/"
DOCS_PATH = "/api/docs"


class SecurityHeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Content-Security-Policy"] = _policy(request, headers.get("Content-Type", ""))
        if settings.HTTPS:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if not request.path.startswith(settings.STATIC_URL):
            headers.setdefault("Cache-Control", "no-store")
        return response


def _policy(request: HttpRequest, content_type: str) -> str:
    if content_type.startswith("application/json"):
        return JSON_ONLY
    if request.path.startswith(THEME_PREFIX):
        return THEME
    return API_DOCS if request.path.startswith(DOCS_PATH) else STRICT
