"""API tokens and robot tokens."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries
from accounts.access import token_for
from accounts.api import serializers as shapes
from accounts.services import tokens
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView


class TokensView(ApiView):
    rules = {"GET": "tokens.read", "POST": "tokens.create"}

    @extend_schema(parameters=[KeysetQuery], responses=shapes.TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List your tokens; an admin sees everybody's."""
        return paged(
            request,
            queries.tokens_of(self.actor),
            noun="tokens",
            shape=lambda rows: [self.answer(shapes.TokenSerializer, row) for row in rows],
        )

    @extend_schema(request=shapes.CreateTokenRequest, responses={201: shapes.NewTokenSerializer})
    def post(self, request: Request) -> Response:
        """Make a token. It is shown in this answer and never again."""
        data = self.body(shapes.CreateTokenRequest)
        robot_key = data.pop("robot_id")
        row, raw = tokens.create(actor=self.actor, at=timezone.now(), robot_key=robot_key, **data)
        return self.created(shapes.TokenSerializer, row, token=raw)


class TokenView(ApiView):
    rules = {"GET": "tokens.read", "DELETE": "tokens.delete"}

    @extend_schema(responses=shapes.TokenSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a token, without its secret."""
        return self.ok(shapes.TokenSerializer, token_for(self.actor, pk))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Revoke a token. It stays in the list, so that its past stays readable."""
        tokens.revoke(actor=self.actor, pk=pk, at=timezone.now())
        return self.deleted()
