"""Flows on nodes: deploy, undeploy, roll back, and see who has what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import node_for
from flows import convergence
from flows.access import deployment_for, flow_for
from flows.api.flows import ID, FlowView
from flows.api.shapes import deployments as shapes
from flows.models import AwaitedDeployment, Deployment
from flows.services import deployments
from flows.services.deployments import Told
from rdos.kernel.api.merging import Merged
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now


class ToldAnswers(FlowView):
    """What the verbs share that tell nodes something."""

    def told(self, told: Told) -> Response:
        return self.ok(shapes.DeployedFlowSerializer, shapes.told_of(told, database_now()))


class DeployView(ToldAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(parameters=[ID], request=shapes.DeployRequest, responses=shapes.DeployedFlowSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Deploy a flow: to the nodes named here, else to its own. Who is offline is told when it returns."""
        data = self.body(shapes.DeployRequest)
        told = deployments.deploy(
            actor=self.actor,
            pk=self.id_of(pk),
            at=database_now(),
            choice=shapes.choice_of(data),
            version=data.get("version"),
            ttl=timedelta(seconds=data["ttl"]),
            force=data["force"],
        )
        return self.told(told)


class UndeployView(ToldAnswers):
    rules = {"POST": "flows.deploy", "DELETE": "flows.deploy"}

    @extend_schema(parameters=[ID], request=shapes.UndeployRequest, responses=shapes.DeployedFlowSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Take a flow away from the nodes named here, else from wherever it is."""
        data, flow_id = self.body(shapes.UndeployRequest), self.id_of(pk)
        ttl = timedelta(seconds=data["ttl"])
        choice = shapes.choice_of(data)
        return self.told(deployments.undeploy(actor=self.actor, pk=flow_id, at=database_now(), choice=choice, ttl=ttl))

    @extend_schema(parameters=[ID], responses=shapes.DeployedFlowSerializer)
    def delete(self, request: Request, pk: str) -> Response:
        """Take a flow away from wherever it is."""
        return self.told(deployments.undeploy(actor=self.actor, pk=self.id_of(pk), at=database_now()))


class RollbackView(ToldAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(request=shapes.RollbackRequest, responses=shapes.DeployedFlowSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Every node goes back to the version it had before."""
        ttl = timedelta(seconds=self.body(shapes.RollbackRequest)["ttl"])
        return self.told(deployments.rollback(actor=self.actor, pk=pk, at=database_now(), ttl=ttl))


class ConvergenceView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(responses=shapes.ConvergenceSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Who really has the wanted version, and who has not answered for how long."""
        flow = flow_for(self.actor, pk)
        return self.ok(shapes.ConvergenceSerializer, convergence.of_flow(self.actor, flow, database_now()))


class DeploymentsView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(parameters=[shapes.DeploymentQuery, KeysetQuery], responses=shapes.DeploymentSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List which flows are wanted on which nodes, newest first; also on nodes that the hub does not know yet."""
        query, at = self.query(shapes.DeploymentQuery), database_now()
        found = Merged(*(ask(self.actor, at=at, **query) for ask in (convergence.selected, convergence.awaited)))
        return paged(request, found, noun="deployments", shape=partial(self._shape, at))

    def _shape(self, at: datetime, rows: Sequence[Deployment | AwaitedDeployment]) -> list[dict[str, Any]]:
        return [self.answer(shapes.DeploymentSerializer, shapes.either_of(row, at)) for row in rows]


class DeploymentView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(responses=shapes.DeploymentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """One flow on one node."""
        at = database_now()
        row = convergence.awaited(self.actor, at=at).filter(pk=pk).first() or deployment_for(self.actor, pk)
        return self.ok(shapes.DeploymentSerializer, shapes.either_of(row, at))


class RetryDeploymentView(ToldAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(request=shapes.RedeployRequest, responses=shapes.DeployedFlowSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Tell this node once more."""
        force = self.body(shapes.RedeployRequest)["force"]
        return self.told(deployments.retry(actor=self.actor, pk=pk, at=database_now(), force=force))


class NodeDeploymentsView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(responses=shapes.NodeDeploymentsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """The flows of a node: those wanted there, and whatever else it says it has."""
        node, at = node_for(self.actor, pk), database_now()
        rows = list(convergence.selected(self.actor, at=at, node_id=node.pk)[: convergence.MOST])
        reported_at, others = convergence.others_on(node.pk)
        told = [shapes.deployment_of(row, at) for row in rows]
        return self.ok(
            shapes.NodeDeploymentsSerializer, {"reported_at": reported_at, "deployments": told, "others": others}
        )
