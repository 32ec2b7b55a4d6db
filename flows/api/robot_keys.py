"""Robots' keys: made, shown once, revoked, exchanged for new ones. Admins only."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries
from accounts.access import robot_token_for
from accounts.models import ApiToken
from accounts.services import tokens
from flows.api.counting import CountedView
from flows.api.shapes import robot_keys as shapes
from flows.services import robot_keys
from rdos.kernel.clock import database_now


class NewKeyView(CountedView):
    """What the views share that show a new key."""

    def shown_once(self, token: ApiToken, raw: str) -> Response:
        key = shapes.key_row(token, robot_keys.names_of([token]), database_now())
        return Response({"api_key": raw, "key": key})


class RobotKeysView(NewKeyView):
    rules = {"GET": "robot_tokens.read", "POST": "robot_tokens.create"}

    @extend_schema(operation_id="robot_api_keys_list", parameters=[shapes.KeyQuery], responses=shapes.KeysSerializer)
    def get(self, request: Request) -> Response:
        """List robots' keys, without their secrets, newest first."""
        query, at = self.query(shapes.KeyQuery), database_now()
        found = queries.robot_tokens(query["robot_id"])
        if query["status"]:
            found = queries.in_state(found, query["status"], at)
        first, last = query["offset"], query["offset"] + query["limit"]
        rows = list(found.order_by("-created_at", "-id")[first:last])
        names = robot_keys.names_of(rows)
        told = [shapes.key_row(row, names, at) for row in rows]
        return Response({"keys": told, "api_keys": told, "total": found.count()})

    @extend_schema(request=shapes.CreateKeyRequest, responses=shapes.NewKeySerializer)
    def post(self, request: Request) -> Response:
        """Make a key for a robot. It is shown in this answer and never again."""
        sent = self.body(shapes.CreateKeyRequest)
        return self.shown_once(*robot_keys.create(actor=self.actor, at=database_now(), **sent))


class RobotKeyView(CountedView):
    rules = {"GET": "robot_tokens.read", "DELETE": "robot_tokens.delete"}

    @extend_schema(responses=shapes.KeySerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a key, without its secret."""
        token = robot_token_for(self.actor, pk)
        return Response(shapes.key_row(token, robot_keys.names_of([token]), database_now()))

    @extend_schema(responses={200: shapes.KeyDeletedSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a key. It opens nothing any more, and leaves the list."""
        tokens.delete_robot_token(actor=self.actor, pk=pk)
        return Response({"deleted": True, "key_id": pk})


class RevokeKeyView(CountedView):
    rules = {"POST": "robot_tokens.delete"}

    @extend_schema(request=shapes.RevokeRequest, responses=shapes.RevokedSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """End a key. It stays in the list, so that its past stays readable."""
        reason = self.body(shapes.RevokeRequest).get("reason") or ""
        robot_token_for(self.actor, pk, "robot_tokens.delete")
        tokens.revoke(actor=self.actor, pk=pk, at=database_now(), reason=reason)
        return Response({"revoked": True, "key_id": pk})


class RotateKeyView(NewKeyView):
    rules = {"POST": "robot_tokens.create"}

    @extend_schema(request=None, responses=shapes.NewKeySerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """End a key and make a new one for the same robot. It is shown in this answer and never again."""
        return self.shown_once(*tokens.rotate_robot_token(actor=self.actor, pk=pk, at=database_now()))
