"""Compresses large JSON; small answers cost more to pack than to send."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

SMALLEST = 8 * 1024


class LargeJsonGzipMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        json = response.get("Content-Type", "").startswith("application/json")
        if not json or response.streaming or len(getattr(response, "content", b"")) < SMALLEST:
            return response
        return super().process_response(request, response)
