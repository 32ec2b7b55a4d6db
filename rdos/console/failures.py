"""What is answered when no view could: in words for people, in the client's accent for programs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rdos.kernel import errors
from rdos.kernel.api.accents import ROOT, accent_of
from rdos.kernel.api.answers import refusal

PAGES = ("/console", "/login", "/account", "/logout", "/dashboard")


class Broken(errors.DomainError):
    """Something broke on our side. The log has the details under this request's id."""

    code = "internal_error"
    status = 500


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, errors.InvalidInput())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, errors.Forbidden())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, errors.NotFound())


def broken(request: HttpRequest) -> HttpResponse:
    return answer(request, Broken())


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, errors.CsrfRefused())


def answer(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    if not _is_page(request):
        return refusal(error, request)
    title, text = WORDS.get(error.code, ("That did not work", error.detail))
    facts = {"title": title, "text": text, "status": error.status, "request_id": getattr(request, "request_id", "")}
    return render(request, "console/failure.html", facts, status=error.status)


def _is_page(request: HttpRequest) -> bool:
    if accent_of(request) is not ROOT:
        return False
    asks_for_html = "text/html" in request.META.get("HTTP_ACCEPT", "")
    return request.path_info.startswith(PAGES) or (asks_for_html and not request.path_info.startswith("/api/"))
