"""Flows: listed, made, changed, removed, started and stopped. Every accent has its own form of them."""

import re
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows.access import flow_for, flows_for
from flows.api.shapes import flows as shapes
from flows.api.shapes.flows_forms import Form, form_of
from flows.models import Flow
from flows.services import flows, switching
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import listed
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import InvalidInput

SEEN = re.compile(r'(?:W/)?"(\d{1,9})"')
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of what you saw. When it is another by now, nothing changes and 412 tells both sides.",
)
ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
EDITED = {200: shapes.FlowSerializer, 412: shapes.EditedSerializer}


class FlowView(ApiView):
    """What the views of one flow share."""

    @property
    def form(self) -> Form:
        return form_of(self.request)

    def id_of(self, text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError as error:
            raise self.form.no_such_id() from error

    def seen(self) -> int | None:
        """The revision that the client edits, if it says so."""
        tag = str(self.request.headers.get("If-Match", "*")).strip()
        found = SEEN.fullmatch(tag)
        if found is None and tag != "*":
            raise InvalidInput(errors={"If-Match": ["Send the ETag of the flow as you saw it."]})
        return int(found[1]) if found else None

    def shown(self, flow: Flow, status: int = 200) -> Response:
        answer = shaped(self.request, self.form.shown(flow))
        return Response(answer, status=status, headers={"ETag": f'"{flow.revision}"'})


class FlowsView(FlowView):
    rules = {"GET": "flows.read", "POST": "flows.create"}

    @extend_schema(
        operation_id="flows_list",
        parameters=[shapes.FlowQuery],
        responses=shapes.FlowSummarySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List the flows you see, newest first."""
        query, form = self.query(shapes.FlowQuery), self.form
        rows = shapes.narrowed(flows_for(self.actor), query)
        return listed(
            request,
            rows.values(*form.columns),
            order=form.order,
            query=query,
            noun="flows",
            shape=lambda page: [shaped(request, form.summary(row)) for row in page],
        )

    @extend_schema(request=shapes.CreateFlowRequest, responses={201: shapes.FlowSerializer})
    def post(self, request: Request) -> Response:
        """Make a flow. It is stopped until you start it."""
        form = self.form
        wanted = form.made(self.body(form.create))
        flow = flows.create(
            actor=self.actor,
            kind=wanted.kind,
            content=wanted.content,
            message=wanted.message,
            counted=form.counted,
            **{**form.born, **wanted.fields},
        )
        return self.shown(flow, accent_of(request).created)


class OneFlowView(FlowView):
    rules = {"GET": "flows.read", "PATCH": "flows.update", "DELETE": "flows.delete"}

    @extend_schema(parameters=[ID], responses=shapes.FlowSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Show a flow with what it does. Its ETag counts every change."""
        return self.shown(flow_for(self.actor, self.id_of(pk)))

    @extend_schema(parameters=[ID, IF_MATCH], request=shapes.UpdateFlowRequest, responses=EDITED)
    def patch(self, request: Request, pk: str) -> Response:
        """Change what is sent; leave the rest. Another definition is the next version."""
        found = flow_for(self.actor, self.id_of(pk), "flows.update")
        wanted = self.form.changed(self.body(self.form.update), found.kind)
        told: dict[str, Any] = {"content": wanted.content, "message": wanted.message, "seen": self.seen()}
        return self.shown(flows.update(actor=self.actor, pk=found.pk, at=database_now(), fields=wanted.fields, **told))

    @extend_schema(parameters=[ID], responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Remove a flow with its versions and runs. What is under way of it is cancelled."""
        flows.delete(actor=self.actor, pk=self.id_of(pk), at=database_now())
        return self.deleted()


class StartView(FlowView):
    rules = {"POST": "flows.operate"}

    @extend_schema(parameters=[ID], request=None, responses=shapes.FlowSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Start a stopped flow. It is starting, and soon running."""
        return self.shown(switching.start(actor=self.actor, pk=self.id_of(pk), at=database_now()))


class StopView(FlowView):
    rules = {"POST": "flows.operate"}

    @extend_schema(parameters=[ID], request=None, responses=shapes.FlowSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Stop a flow. What is under way of it is cancelled; it is stopping, and soon stopped."""
        return self.shown(switching.stop(actor=self.actor, pk=self.id_of(pk), at=database_now()))
