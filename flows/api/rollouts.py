"""Rollouts: a version brought to many nodes in waves."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import convergence
from flows.access import rollout_for, rollouts_for, targets_for
from flows.api.shapes import rollouts as shapes
from flows.models import Rollout, RolloutTarget
from flows.services import rollouts
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now


class RolloutAnswers(ApiView):
    """What the views of rollouts share."""

    def shown(self, rows: Sequence[Rollout]) -> list[dict[str, Any]]:
        counts = convergence.of_rollouts(self.actor, rows)
        told = [shapes.rollout_of(row, counts[row.pk], rollouts.skipped_of(self.actor, row)) for row in rows]
        return [self.answer(shapes.RolloutSerializer, row) for row in told]

    def one(self, rollout: Rollout) -> dict[str, Any]:
        return self.shown([rollout])[0]


class RolloutsView(RolloutAnswers):
    rules = {"GET": "flows.read", "POST": "flows.deploy"}

    @extend_schema(parameters=[shapes.RolloutQuery, KeysetQuery], responses=shapes.RolloutSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List rollouts, newest first."""
        query = self.query(shapes.RolloutQuery)
        found = rollouts_for(self.actor).filter(**query).select_related("flow", "version")
        return paged(request, found, noun="rollouts", shape=self.shown)

    @extend_schema(request=shapes.RolloutRequest, responses={201: shapes.RolloutSerializer})
    def post(self, request: Request) -> Response:
        """Begin a rollout; its first wave is told at once."""
        data = self.body(shapes.RolloutRequest)
        plan = shapes.plan_of(data)
        rollout = rollouts.create(actor=self.actor, flow_id=data["flow_id"], plan=plan, at=database_now())
        return Response(self.one(rollout), status=accent_of(request).created)


class RolloutView(RolloutAnswers):
    rules = {"GET": "flows.read"}

    @extend_schema(responses=shapes.RolloutSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How far a rollout is, wave by wave."""
        return Response(self.one(rollout_for(self.actor, pk)))


class RolloutNodesView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(parameters=[shapes.TargetQuery, KeysetQuery], responses=shapes.TargetSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """The nodes of a rollout, and why some of them were passed by."""
        query, rollout = self.query(shapes.TargetQuery), rollout_for(self.actor, pk)
        if "wave" in query:
            query["wave"] -= 1
        found = targets_for(self.actor).filter(rollout=rollout, **query).select_related("node", "former")
        return paged(request, found, noun="nodes", shape=self._shape)

    def _shape(self, rows: Sequence[RolloutTarget]) -> list[dict[str, Any]]:
        return [self.answer(shapes.TargetSerializer, shapes.target_of(row)) for row in rows]


class PauseView(RolloutAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(request=shapes.PauseRequest, responses=shapes.RolloutSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Begin no further wave."""
        reason = self.body(shapes.PauseRequest)["reason"]
        return Response(self.one(rollouts.pause(actor=self.actor, pk=pk, at=database_now(), reason=reason)))


class ResumeView(RolloutAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(request=shapes.ResumeRequest, responses=shapes.RolloutSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Go on. What failed in this wave is excused, or told again."""
        retry = self.body(shapes.ResumeRequest)["retry"]
        return Response(self.one(rollouts.resume(actor=self.actor, pk=pk, at=database_now(), retry=retry)))


class ProceedView(RolloutAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(request=None, responses=shapes.RolloutSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let it through the gate to its next wave."""
        return Response(self.one(rollouts.proceed(actor=self.actor, pk=pk, at=database_now())))


class AbortView(RolloutAnswers):
    rules = {"POST": "flows.deploy"}

    @extend_schema(request=shapes.AbortRequest, responses=shapes.RolloutSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """End it: what has not left does not leave, and with `rollback` every node goes back."""
        said = self.body(shapes.AbortRequest)
        rollout = rollouts.abort(actor=self.actor, pk=pk, at=database_now(), **said)
        return Response(self.one(rollout))
