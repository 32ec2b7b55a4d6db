"""Groups of nodes."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices import queries
from devices.access import group_for
from devices.api.nodes import nodes_listed
from devices.api.shapes import groups as shapes
from devices.api.shapes.nodes import NodeSerializer, NodesPageQuery
from devices.models import NodeGroup
from devices.services import groups
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView


class GroupsView(ApiView):
    rules = {"GET": "groups.read", "POST": "groups.create"}

    @extend_schema(parameters=[KeysetQuery], responses=shapes.GroupSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List groups, newest first."""
        return paged(
            request,
            NodeGroup.objects.all(),
            noun="groups",
            shape=lambda rows: [self.answer(shapes.GroupSerializer, row) for row in rows],
        )

    @extend_schema(request=shapes.CreateGroupRequest, responses={201: shapes.GroupSerializer})
    def post(self, request: Request) -> Response:
        """Make a group of named nodes, or one of whatever fits a query."""
        group = groups.create(actor=self.actor, **self.body(shapes.CreateGroupRequest))
        return self.created(shapes.GroupSerializer, group)


class GroupView(ApiView):
    rules = {"GET": "groups.read", "PUT": "groups.update", "PATCH": "groups.update", "DELETE": "groups.delete"}

    @extend_schema(responses=shapes.GroupSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a group."""
        return self.ok(shapes.GroupSerializer, group_for(self.actor, pk))

    @extend_schema(request=shapes.UpdateGroupRequest, responses=shapes.GroupSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Change what is sent; leave the rest."""
        return self._change(pk)

    @extend_schema(request=shapes.UpdateGroupRequest, responses=shapes.GroupSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """The same as PUT."""
        return self._change(pk)

    def _change(self, pk: UUID) -> Response:
        data = self.body(shapes.UpdateGroupRequest)
        return self.ok(shapes.GroupSerializer, groups.update(actor=self.actor, pk=pk, **data))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a group; its nodes stay."""
        groups.delete(actor=self.actor, pk=pk)
        return self.deleted()


class MembersView(ApiView):
    rules = {"GET": "groups.read", "PUT": "groups.update"}

    @extend_schema(parameters=[NodesPageQuery], responses=NodeSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """List the nodes of a group that you see, by name."""
        return self._members(request, group_for(self.actor, pk))

    @extend_schema(parameters=[NodesPageQuery], request=shapes.MembersRequest, responses=NodeSerializer(many=True))
    def put(self, request: Request, pk: UUID) -> Response:
        """Put these nodes in place of those you saw in the group."""
        node_ids = self.body(shapes.MembersRequest)["node_ids"]
        return self._members(request, groups.assign(actor=self.actor, pk=pk, node_ids=node_ids))

    def _members(self, request: Request, group: NodeGroup) -> Response:
        return nodes_listed(request, queries.members(group, self.actor), self.query(NodesPageQuery))
