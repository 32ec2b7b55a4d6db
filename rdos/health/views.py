"""The doors of health: open, cheap, and silent about addresses."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST

from rdos.health import answers, checks
from rdos.health.figures import exposition
from rdos.kernel.addresses import came_through_a_proxy, is_loopback
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.answers import answers_only, refusal
from rdos.kernel.api.rendering import dumps
from rdos.kernel.errors import NotAuthenticated


def _json(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(dumps(body), status=status, content_type="application/json")


@answers_only("GET", "HEAD")
def basic(request: HttpRequest) -> HttpResponse:
    return _json(answers.basic(accent_of(request), checks.nats()))


@answers_only("GET")
def greeting(request: HttpRequest) -> HttpResponse:
    """Tafy's clients look here for whom they have reached."""
    return _json(answers.GREETING)


@answers_only("GET", "HEAD")
def detailed(request: HttpRequest) -> HttpResponse:
    return _json(answers.detailed(accent_of(request), checks.everything()))


@answers_only("GET", "HEAD")
def ready(request: HttpRequest) -> HttpResponse:
    """Ready when requests can be answered: that takes the database and Redis; nodes on the bus can wait."""
    body = answers.ready({"database": checks.database(), "redis": checks.redis()})
    return _json(body, 200 if body["ready"] else 503)


@answers_only("GET", "HEAD")
def live(request: HttpRequest) -> HttpResponse:
    return _json(answers.live())


@answers_only("GET", "HEAD")
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_scrape(request):
        return refusal(NotAuthenticated(), request)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    scheme, _, shown = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(shown.strip(), settings.METRICS_TOKEN)
    peer = str(request.META.get("REMOTE_ADDR", ""))
    return is_loopback(peer) and not came_through_a_proxy(request)
