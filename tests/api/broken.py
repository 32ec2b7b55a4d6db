"""The hub with one route that fails, to see what clients are told then."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.actors import PUBLIC
from rdos.kernel.api.views import ApiView
from rdos.urls import handler400, handler403, handler404, handler500
from rdos.urls import urlpatterns as hub

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def plain(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("a secret detail")


class Api(ApiView):
    authentication_classes = ()
    rules = {"GET": PUBLIC}

    def get(self, request: Request) -> Response:
        return Response([{"number": number, "text": "all work and no play"} for number in range(1000)])

    def post(self, request: Request) -> Response:
        raise AssertionError("no rule names this method")


urlpatterns = [path("api/v1/broken", plain), path("api/v1/large", Api.as_view()), *hub]
