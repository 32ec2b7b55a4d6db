"""People, as an admin manages them."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries
from accounts.access import user_for
from accounts.api import serializers as shapes
from accounts.services import users
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView


class UsersView(ApiView):
    rules = {"GET": "users.list", "POST": "users.create"}

    @extend_schema(parameters=[shapes.UserQuery, KeysetQuery], responses=shapes.UserSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List users, newest first."""
        query = self.query(shapes.UserQuery)
        found = queries.users(query["search"], query["role"])
        return paged(
            request, found, noun="users", shape=lambda rows: [self.answer(shapes.UserSerializer, row) for row in rows]
        )

    @extend_schema(request=shapes.CreateUserRequest, responses={201: shapes.UserSerializer})
    def post(self, request: Request) -> Response:
        """Make a user. Nobody grants a role above their own."""
        user = users.create(actor=self.actor, at=timezone.now(), **self.body(shapes.CreateUserRequest))
        return self.created(shapes.UserSerializer, user)


class UserView(ApiView):
    rules = {"GET": "users.read", "PUT": "users.update", "PATCH": "users.update", "DELETE": "users.delete"}

    @extend_schema(responses=shapes.UserSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a user: oneself, or anybody for an admin."""
        return self.ok(shapes.UserSerializer, user_for(self.actor, pk))

    @extend_schema(request=shapes.UpdateUserRequest, responses=shapes.UserSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """Change what is sent; leave the rest."""
        return self._change(pk)

    def _change(self, pk: UUID) -> Response:
        data = self.body(shapes.UpdateUserRequest)
        return self.ok(shapes.UserSerializer, users.update(actor=self.actor, pk=pk, at=timezone.now(), **data))

    @extend_schema(request=shapes.UpdateUserRequest, responses=shapes.UserSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """The same as PUT."""
        return self._change(pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a user with everything that only they own. Nobody removes themselves."""
        users.delete(actor=self.actor, pk=pk)
        return self.deleted()
