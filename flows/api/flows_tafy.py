"""Flows with Tafy's manners: a bare list of all, in the order they were made; deployed and undeployed by one call."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from devices.protocol import as_uuid
from flows.access import flow_for, flows_for
from flows.api.shapes import flows_tafy as shapes
from flows.errors import FlowNotFound, NotDeployed
from flows.models import Flow
from flows.services import deployments, tafy_flows
from flows.services.targets import Choice
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now

MOST = 10_000


class TafyFlowsView(ApiView):
    open_to_lan = True
    rules = {"GET": "flows.read", "POST": "flows.create"}

    def get(self, request: Request) -> Response:
        rows = flows_for(self.actor).select_related("current").order_by("created_at", "id")
        if self.query(shapes.FlowQuery)["deployed_only"]:
            rows = rows.exclude(deployed_at=None)
        return Response([shapes.flow_of(flow) for flow in rows[:MOST]])

    def post(self, request: Request) -> Response:
        fields = shapes.fields_of(self.body(shapes.FlowCreate))
        config = fields.pop("config", {})
        flow = tafy_flows.create(actor=self.actor, config=config, **fields)
        flow.refresh_from_db(fields=["created_at"])
        return Response(shapes.flow_of(flow))


class TafyFlowView(ApiView):
    open_to_lan = True
    # There is no DELETE here, which whoever sees flows is told. Nobody else is told more than elsewhere.
    rules = {"GET": "flows.read", "PATCH": "flows.update", "DELETE": "flows.read"}

    def get(self, request: Request, pk: str) -> Response:
        return Response(shapes.flow_of(flow_for(self.actor, _id_of(pk))))

    def patch(self, request: Request, pk: str) -> Response:
        fields = shapes.fields_of(self.body(shapes.FlowUpdate))
        flow = tafy_flows.update(actor=self.actor, pk=_id_of(pk), fields=fields, at=database_now())
        return Response(shapes.flow_of(flow))


class TafyDeployView(ApiView):
    open_to_lan = True
    rules = {"POST": "flows.deploy"}

    def post(self, request: Request, pk: str) -> Response:
        said = self.body(shapes.FlowDeploy)
        choice, at = Choice(target_nodes=said.get("target_nodes")), database_now()
        flow = tafy_flows.deploy(actor=self.actor, pk=_id_of(pk), choice=choice, force=said["force"], at=at)
        return Response(shapes.flow_of(flow))


class TafyUndeployView(ApiView):
    open_to_lan = True
    rules = {"DELETE": "flows.deploy", "POST": "flows.deploy"}

    def delete(self, request: Request, pk: str) -> Response:
        flow = self._flow(as_uuid(pk))
        # Here it is deployed or not. Whether those who were told to drop it have done so, many could never say.
        if flow is None or (flow.deployed_at is None and not deployments.is_wanted_anywhere(flow)):
            raise NotDeployed
        told = deployments.undeploy(actor=self.actor, pk=flow.pk, at=database_now())
        return Response(shapes.flow_of(told.flow))

    def _flow(self, pk: UUID | None) -> Flow | None:
        return flows_for(self.actor).filter(pk=pk).first() if pk else None


def _id_of(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise FlowNotFound from error
