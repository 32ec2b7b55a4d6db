"""Webhooks from outside: whoever knows the address, or signs, starts a flow. Nobody signs in here."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import doorbell
from rdos.kernel.actors import PUBLIC
from rdos.kernel.api.views import ApiView
from rdos.kernel.requests import client
from rdos.kernel.waiting import Wait
from scheduling.api import hook_shapes as shapes
from scheduling.errors import NoBilling
from scheduling.services import conditions, hooks, receiving
from scheduling.services.deliveries import Delivery
from scheduling.services.hooks import Hook
from scheduling.services.receiving import Taken

# Bells may be lost; this often the run is asked instead.
RECHECK_SECONDS = 1.0
ANY_BODY = {"application/json": {}, "text/plain": {"type": "string"}}


class DeliveryView(ApiView):
    """What the two addresses of a webhook share."""

    authentication_classes = ()
    rules = {"POST": PUBLIC}

    def take(self, request: Request, hook: Hook) -> Response | Wait:
        seconds = self.query(shapes.WaitQuery)["wait"] if "wait" in request.GET else 0
        taken = receiving.receive(hook, delivery_of(request._request))
        if not seconds:
            return Response(shapes.accepted(taken))
        return Wait(
            topics=[doorbell.of_execution(taken.execution_id)],
            deadline=seconds,
            answer=partial(_look, taken),
            recheck=RECHECK_SECONDS,
        )


def delivery_of(request: HttpRequest) -> Delivery:
    named = {name[5:]: value for name, value in request.META.items() if name.startswith("HTTP_")}
    named |= {name: request.META.get(name) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if request.META.get(name)}
    headers = {name.replace("_", "-").lower(): str(value) for name, value in named.items()}
    return Delivery(headers, dict(request.GET.lists()), client(request), request.read)


def _look(taken: Taken, over: bool) -> Response | None:
    found = receiving.ended(taken.execution_id)
    if found is not None:
        return Response(shapes.accepted(taken, shapes.OVER) | found)
    return Response(shapes.accepted(taken, shapes.NOT_OVER), status=202) if over else None


class WebhookView(DeliveryView):
    @extend_schema(
        request=ANY_BODY,
        parameters=[shapes.WaitQuery],
        responses={200: shapes.AcceptedSerializer, 202: shapes.AcceptedSerializer},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response | Wait:
        """Start a flow. The body is its input, as text, whatever its type."""
        return self.take(request, hooks.by_token(token))


class HookView(DeliveryView):
    @extend_schema(
        request=ANY_BODY,
        parameters=[shapes.WaitQuery],
        responses={200: shapes.AcceptedSerializer, 202: shapes.AcceptedSerializer},
        auth=[],
    )
    def post(self, request: Request, pk: UUID) -> Response | Wait:
        """The same by the trigger's id, for whoever signs the delivery or sends the token as a bearer."""
        return self.take(request, hooks.by_id(pk, _bearer(request.META)))


def _bearer(meta: dict[str, Any]) -> str:
    scheme, _, token = str(meta.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class TestView(ApiView):
    authentication_classes = ()
    rules = {"GET": PUBLIC}

    @extend_schema(responses=shapes.TestSerializer, auth=[])
    def get(self, request: Request, token: str) -> Response:
        """Whether the address is right, and what it would start. Nothing is started."""
        hook = hooks.by_token(token)
        conditions.insist_address(hook.webhook, client(request))
        flow = hook.trigger.flow
        told = {"triggerName": hook.trigger.name, "flowName": flow.name, "flowStatus": flow.status}
        return Response({"valid": True, **told})


class BillingView(ApiView):
    """Kept free for those who collect money, so that no token ever takes their place."""

    authentication_classes = ()
    rules = {"POST": PUBLIC}

    @extend_schema(request=ANY_BODY, responses={}, auth=[])
    def post(self, request: Request) -> Response:
        """Where a payment service will call."""
        raise NoBilling
