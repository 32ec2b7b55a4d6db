"""Managed tunnels. Whoever makes or changes one hears what its nodes said of it."""

from functools import partial
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import node_for, tunnel_for, tunnels_for
from devices.api.shapes import tunnels as shapes
from devices.choices import TunnelStatus
from devices.models import Tunnel
from devices.services import pushes, tunnels
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.waiting import Wait

# Three nodes have ten seconds each.
LONGEST_WAIT = 32.0
# One answer holds the whole list, as its clients expect.
MOST_SHOWN = 10_000


def summaries(request: Request, found: QuerySet[Tunnel]) -> Response:
    newest = found.select_related("ingress_node", "egress_node").prefetch_related("legs").order_by("-created_at", "-id")
    return Response({"tunnels": [shaped(request, shapes.summary_of(tunnel)) for tunnel in newest[:MOST_SHOWN]]})


def pushed(view: ApiView, pk: UUID) -> Wait:
    """Waits until every node has answered, or cannot any more."""
    return Wait(topics=[pushes.bell(pk)], deadline=LONGEST_WAIT, answer=partial(_outcome, view, pk))


def _outcome(view: ApiView, pk: UUID, over: bool) -> Response | None:
    tunnels.give_up_late(tunnel_id=pk, at=timezone.now())
    tunnel = tunnel_for(view.actor, pk)
    if not over and not tunnels.is_decided(tunnel):
        return None
    answer = shapes.tunnel_of(tunnel)
    warnings = shapes.warnings_of(pushes.legs_of(tunnel))
    if warnings and tunnel.status != TunnelStatus.DISABLED:
        answer["warnings"] = warnings
    return Response(shaped(view.request, answer))


class TunnelsView(ApiView):
    rules = {"GET": "tunnels.read", "POST": "tunnels.create"}

    @extend_schema(operation_id="tunnels_list", responses=shapes.TunnelsSerializer)
    def get(self, request: Request) -> Response:
        """List the tunnels whose nodes you all see, newest first."""
        return summaries(request, tunnels_for(self.actor))

    @extend_schema(request=shapes.CreateTunnelRequest, responses=shapes.PushedTunnelSerializer)
    def post(self, request: Request) -> Wait:
        """Make a tunnel and tell its nodes. Answered when they have answered; `warnings` names those that did not."""
        fields = self.body(shapes.CreateTunnelRequest)
        return pushed(self, tunnels.create(actor=self.actor, fields=fields, at=timezone.now()).pk)


class TunnelView(ApiView):
    rules = {"GET": "tunnels.read", "PUT": "tunnels.update", "DELETE": "tunnels.delete"}

    @extend_schema(responses=shapes.TunnelSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a tunnel."""
        return Response(shaped(request, shapes.tunnel_of(tunnel_for(self.actor, pk))))

    @extend_schema(request=shapes.UpdateTunnelRequest, responses=shapes.PushedTunnelSerializer)
    def put(self, request: Request, pk: UUID) -> Wait:
        """Change what is sent; leave the rest. Its nodes stay what they are."""
        fields = self.body(shapes.UpdateTunnelRequest)
        return pushed(self, tunnels.update(actor=self.actor, pk=pk, fields=fields, at=timezone.now()).pk)

    @extend_schema(responses={200: shapes.DeletedSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a tunnel here and from its nodes."""
        tunnels.delete(actor=self.actor, pk=pk, at=timezone.now())
        return Response({"deleted": True})


class NodeTunnelsView(ApiView):
    rules = {"GET": "tunnels.read"}

    @extend_schema(responses=shapes.TunnelsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """List the tunnels that enter, leave or are relayed at a node."""
        node = node_for(self.actor, pk, "tunnels.read")
        here = Q(ingress_node=node) | Q(egress_node=node) | Q(relay_node=node)
        return summaries(request, tunnels_for(self.actor).filter(here))
