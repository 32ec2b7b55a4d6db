"""What a node's configuration should be, what it is, and how the two differ."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import allows
from devices import redaction
from devices.access import node_for
from devices.api.shapes import commands as command_shapes
from devices.api.shapes import twins as shapes
from devices.api.telling import queued
from devices.choices import Side, TwinPolicy
from devices.models import ConfigVersion, Node, Twin
from devices.services import config_versions, healing, twins
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView


class TwinAnswers(ApiView):
    """What the views of twins share."""

    def shown(self, node: Node) -> Response:
        return self.ok(shapes.TwinSerializer, twin_of(node))


class TwinView(TwinAnswers):
    rules = {"GET": "nodes.read", "PUT": "nodes.configure"}

    @extend_schema(responses=shapes.TwinSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Desired and reported configuration by version, and where they differ."""
        return self.shown(node_for(self.actor, pk))

    @extend_schema(request=shapes.TwinRequest, responses=shapes.TwinSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Say what is desired of the node, or what happens when it drifts from that."""
        node = node_for(self.actor, pk, "nodes.configure")
        twins.update(actor=self.actor, node=node, at=timezone.now(), **self.body(shapes.TwinRequest))
        return self.shown(node)


class AdoptView(TwinAnswers):
    rules = {"POST": "nodes.configure"}

    @extend_schema(request=None, responses=shapes.TwinSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Desire from now on what the node reports."""
        node = node_for(self.actor, pk, "nodes.configure")
        twins.adopt(actor=self.actor, node=node, at=timezone.now())
        return self.shown(node)


class HealView(ApiView):
    rules = {"POST": "nodes.configure"}

    @extend_schema(request=None, responses={202: command_shapes.QueuedSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send the node what is desired of it, now or as soon as it is there."""
        node = node_for(self.actor, pk, "nodes.configure")
        return queued(request, twins.heal(actor=self.actor, node=node, at=timezone.now()))


class VersionsView(ApiView):
    rules = {"GET": "nodes.read"}

    @extend_schema(parameters=[shapes.VersionsQuery, KeysetQuery], responses=shapes.VersionSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """The configurations of a node, newest first."""
        node, query = node_for(self.actor, pk), self.query(shapes.VersionsQuery)
        found = ConfigVersion.objects.filter(node=node, **query).defer("content")
        return paged(request, found, noun="versions", shape=self._shape)

    def _shape(self, rows: Any) -> list[dict[str, Any]]:
        return [self.answer(shapes.VersionSerializer, shapes.version_of(row)) for row in rows]


class VersionView(ApiView):
    rules = {"GET": "nodes.read"}

    @extend_schema(responses=shapes.VersionContentSerializer)
    def get(self, request: Request, pk: UUID, side: str, number: int) -> Response:
        """One configuration, without credentials; a viewer sees no passphrases either."""
        version = twins.version_of(node_for(self.actor, pk).pk, side, number)
        content = redaction.shown(config_versions.content_of(version), secrets=allows(self.actor, "nodes.configure"))
        return self.ok(shapes.VersionContentSerializer, shapes.version_of(version) | {"content": content})


def twin_of(node: Node) -> dict[str, Any]:
    twin = Twin.objects.filter(node=node).first() or Twin(node=node, policy=TwinPolicy.REPORT)
    desired, reported = (config_versions.latest(node.pk, side) for side in (Side.DESIRED, Side.REPORTED))
    differences = healing.differences_of(twin)
    known = desired is not None and reported is not None
    return {
        "policy": twin.policy,
        "desired": None if desired is None else shapes.version_of(desired),
        "reported": None if reported is None else shapes.version_of(reported) | _report(twin, node),
        "in_sync": not differences if known else None,
        "drifted_at": twin.drifted_at,
        "heal_after": twin.heal_after,
        "drift": differences,
    }


def _report(twin: Twin, node: Node) -> dict[str, Any]:
    fresh = node.session_id is not None and twin.fresh_session_id == node.session_id
    return {"at": twin.reported_at, "fresh": fresh}
