"""Gives every request an id and its true origin, and says one line about what became of it."""

import logging
import re
import time
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from rdos.kernel.addresses import client_address, inside
from rdos.kernel.requests import note
from rdos.kernel.waiting import WaitingAnswer

SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SLOW_SECONDS = 1.0

logger = logging.getLogger("rdos.requests")


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        given = str(request.META.get("HTTP_X_REQUEST_ID", ""))
        request_id = given if SAFE_REQUEST_ID.fullmatch(given) else str(uuid4())
        note(request, request_id=request_id, client_address=client_address(request))
        if not inside(str(request.META.get("REMOTE_ADDR", "")), settings.TRUSTED_PROXIES):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Request-ID"] = request_id
        if isinstance(response, WaitingAnswer):
            response.when_settled(partial(_tell, request, response, began))
        else:
            _tell(request, response, began)
        return response


def _tell(request: HttpRequest, response: HttpResponse, began: float) -> None:
    seconds = time.perf_counter() - began
    # Who was asked to wait is not slow.
    slow = seconds > SLOW_SECONDS and not isinstance(response, WaitingAnswer)
    level = logging.WARNING if slow or response.status_code >= 500 else logging.DEBUG
    if logger.isEnabledFor(level):
        facts = {
            "action": "request_answered",
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "request_id": response["X-Request-ID"],
        }
        logger.log(level, "Request answered", extra=facts)
