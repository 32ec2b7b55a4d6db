"""Turns every refusal, whoever raised it, into the body of the accent that is spoken."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from rdos.kernel import errors
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.rendering import dumps

PlainView = Callable[[HttpRequest], HttpResponseBase]


def refuse(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What is not a refusal stays a failure, and becomes a 500 further up."""
    error = as_domain_error(exception)
    if error is None:
        return None
    status, body, headers = worded(error, context.get("request"))
    return Response(body, status=status, headers=headers)


def refusal(error: errors.DomainError, request: HttpRequest) -> HttpResponse:
    """The same answer where no API view was reached."""
    status, body, headers = worded(error, request)
    return HttpResponse(dumps(body), status=status, content_type="application/json", headers=headers)


def answers_only(*methods: str) -> Callable[[PlainView], PlainView]:
    """For views without the API's machinery: any other method is refused in the accent that is spoken."""

    def guard(view: PlainView) -> PlainView:
        # Exempt, so that a write to a page of facts is refused as what it is, not for its missing token.
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponseBase:
            if request.method in methods:
                return view(request)
            answer = refusal(errors.MethodNotAllowed(), request)
            answer["Allow"] = ", ".join(methods)
            return answer

        return guarded

    return guard


def worded(error: errors.DomainError, request: object) -> tuple[int, dict[str, Any], dict[str, str]]:
    accent = accent_of(request)
    status = accent.status_of(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return status, accent.error_body(error, accent.word_of(error)), headers


def as_domain_error(exception: Exception) -> errors.DomainError | None:
    if isinstance(exception, errors.DomainError):
        return exception
    for kinds, translate in TRANSLATIONS:
        if isinstance(exception, kinds):
            return cast(errors.DomainError, translate(exception))
    return None


TRANSLATIONS: tuple[tuple[Any, Any], ...] = (
    (RequestDataTooBig, lambda e: errors.TooLarge()),
    (SuspiciousOperation, lambda e: errors.InvalidInput()),
    (Http404, lambda e: errors.NotFound()),
    (PermissionDenied, lambda e: errors.Forbidden()),
    (exceptions.ParseError, lambda e: errors.MalformedBody(str(e.detail))),
    (exceptions.NotAuthenticated, lambda e: errors.NotAuthenticated()),
    (exceptions.AuthenticationFailed, lambda e: errors.InvalidToken(str(e.detail))),
    (exceptions.PermissionDenied, lambda e: errors.Forbidden()),
    (exceptions.NotFound, lambda e: errors.NotFound()),
    (exceptions.MethodNotAllowed, lambda e: errors.MethodNotAllowed()),
    (exceptions.NotAcceptable, lambda e: errors.NotAcceptable()),
    (exceptions.UnsupportedMediaType, lambda e: errors.UnsupportedMediaType()),
)
