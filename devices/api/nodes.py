"""Nodes: listed, made, changed, removed."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices import queries
from devices.access import group_for, node_for, nodes_for
from devices.api.shapes import nodes as shapes
from devices.models import Node
from devices.services import nodes, tokens
from rdos.kernel.actors import Actor
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import BY_NAME, listed
from rdos.kernel.api.serializers import checked, shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.errors import InvalidQuery


class NodesView(ApiView):
    rules = {"GET": "nodes.read", "POST": "nodes.create"}

    @extend_schema(parameters=[shapes.NodeQuery], responses=shapes.NodeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the nodes you see, by name."""
        sent: dict[str, Any] = {**request.query_params.dict(), "label": request.query_params.getlist("label")}
        query = checked(shapes.NodeQuery(data=sent, context={"request": request}), query=True)
        return nodes_listed(request, found(self.actor, query), query)

    @extend_schema(request=shapes.CreateNodeRequest, responses={201: shapes.NewNodeSerializer})
    def post(self, request: Request) -> Response:
        """Make a node. Its registration token is shown in this answer and never again."""
        node, token = nodes.create(actor=self.actor, at=timezone.now(), **_sent(self.body(shapes.CreateNodeRequest)))
        answer = shown(request, node) | shaped(request, registration(request, token))
        return Response(answer, status=accent_of(request).created)


class NodeView(ApiView):
    rules = {"GET": "nodes.read", "PUT": "nodes.update", "PATCH": "nodes.update", "DELETE": "nodes.delete"}

    @extend_schema(responses=shapes.NodeSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a node."""
        return Response(shown(request, node_for(self.actor, pk)))

    @extend_schema(request=shapes.UpdateNodeRequest, responses=shapes.NodeSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Change what is sent; leave the rest."""
        return self._change(request, pk)

    @extend_schema(request=shapes.UpdateNodeRequest, responses=shapes.NodeSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """The same as PUT."""
        return self._change(request, pk)

    def _change(self, request: Request, pk: UUID) -> Response:
        data = self.body(shapes.UpdateNodeRequest)
        return Response(shown(request, nodes.update(actor=self.actor, pk=pk, at=timezone.now(), **data)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a node with all that hangs on it; its connection is closed."""
        nodes.delete(actor=self.actor, pk=pk, at=timezone.now())
        return self.deleted()


def found(actor: Actor, query: dict[str, Any]) -> QuerySet[Node]:
    group = query["group"]
    rows = queries.members(group_for(actor, group), actor) if group else nodes_for(actor)
    asked = {name: query[name] for name in ("device_type", "status", "search")}
    return queries.selected(rows, labels=_labels(query["label"]), **asked)


def nodes_listed(request: Request, rows: QuerySet[Node], query: dict[str, Any]) -> Response:
    at = timezone.now()
    return listed(
        request,
        rows.values(*shapes.COLUMNS),
        order=BY_NAME,
        query=query,
        noun="nodes",
        shape=lambda page: [shaped(request, shapes.node_row(row, at)) for row in page],
    )


def shown(request: Request, node: Node) -> dict[str, Any]:
    return shaped(request, shapes.node_row(shapes.columns_of(node), timezone.now()))


def registration(request: Request, token: str) -> dict[str, str]:
    """The agent needs the hub itself, in whatever accent this was asked."""
    hub = f"{request.scheme}://{request.get_host()}"
    return {"registration_token": token, "install": tokens.install_line(hub, token)}


def _sent(data: dict[str, Any]) -> dict[str, Any]:
    """When a node is made, null is the same as nothing."""
    return {name: value for name, value in data.items() if value is not None}


def _labels(pairs: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition(":")
        if labels.setdefault(name, value) != value:
            raise InvalidQuery(errors={"label": [f"{name} cannot have two values."]})
    return labels
