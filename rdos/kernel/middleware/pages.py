"""What Django offers to pages: the API knows actors, and does not pay for what it never reads."""

from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

API_PREFIX = "/api/"


class PagesOnly(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if request.path_info.startswith(API_PREFIX) else super().__call__(request)


class PageMessagesMiddleware(PagesOnly, MessageMiddleware):
    pass
