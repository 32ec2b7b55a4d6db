"""What is answered when no view could: in words for people, in the client's accent for programs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from devices.errors import OutsideYourNodes
from rdos.kernel import errors
from rdos.kernel.api.accents import ROOT, accent_of
from rdos.kernel.api.answers import as_domain_error, refusal
from rdos.kernel.requests import request_id

PAGES = ("/console", "/login", "/account", "/logout", "/dashboard")
# The same refusals are told to programs in the API's words; a person wants to know what to do now.
WORDS = {
    "invalid": ("That request makes no sense", "The address or the form is damaged. Go back and try again."),
    "forbidden": ("This is not for you", "Your role does not reach this page. An administrator can change that."),
    "role_too_low": ("This is not for you", "Your role does not reach this page. An administrator can change that."),
    "not_found": ("Nothing is here", "It may have been removed, or the address is mistyped."),
    "csrf_refused": ("This form is too old", "You signed in or out since it was opened. Reload it and try again."),
    "node_not_found": ("Nothing is here", "It may have been removed, or the address is mistyped."),
    "internal_error": ("Something broke on our side", "The log tells more under the number below."),
}


class Broken(errors.DomainError):
    """Something broke on our side. The log has the details under this request's id."""

    code = "internal_error"
    status = 500


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, (as_domain_error(exception) if exception else None) or errors.InvalidInput())


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
    # The API's contract tells the two apart; a page says of other people's nodes what it says of no node at all.
    error = errors.NotFound() if isinstance(error, OutsideYourNodes) else error
    title, text = WORDS.get(error.code, ("That did not work", error.detail))
    facts = {"title": title, "text": text, "status": error.status, "request_id": request_id(request)}
    return render(request, "console/failure.html", facts, status=error.status)


def _is_page(request: HttpRequest) -> bool:
    if accent_of(request) is not ROOT:
        return False
    asks_for_html = "text/html" in request.META.get("HTTP_ACCEPT", "")
    return request.path_info.startswith(PAGES) or (asks_for_html and not request.path_info.startswith("/api/"))
