"""Doors that wait. A key in Redis stands in for the row: it is the letter, and the bell only says that it is there."""

from functools import cache

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.views import ApiView
from rdos.kernel.errors import Conflict
from rdos.kernel.waiting import Wait


@cache
def letters() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


class Letter(ApiView):
    """Waits for the letter `name`. An empty one is refused."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, name: str) -> Wait:
        def answer(over: bool) -> Response | None:
            text = letters().get(f"letter:{name}")
            letters().incr(f"looks:{name}")
            if text == "":
                raise Conflict("The letter is empty.")
            if text == "broken":
                raise ZeroDivisionError("a secret detail")
            if text is None:
                return Response({"over": True}, status=202) if over else None
            return Response({"text": text}, headers={"X-Own": "yes", "Vary": "X-Own"})

        return Wait(
            topics=[f"letter.{name}"],
            deadline=float(request.query_params.get("deadline", 20)),
            recheck=float(request.query_params.get("recheck", 20)),
            answer=answer,
            abandoned=lambda: letters().set(f"abandoned:{name}", "yes", ex=60),
        )

    post = get


def ordinary(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"ordinary": True})


urlpatterns = [path("letters/<name>", Letter.as_view()), path("ordinary", ordinary)]
