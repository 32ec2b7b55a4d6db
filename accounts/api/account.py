"""What people do with their own account."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries
from accounts.access import user_for
from accounts.api import serializers as shapes
from accounts.api.cookies import keep_session
from accounts.models import Login, User
from accounts.services import logins, passwords, second_factors
from rdos.kernel.api.views import ApiView
from rdos.kernel.errors import Forbidden, NotFound


class AccountView(ApiView):
    """The caller's own row."""

    @property
    def person(self) -> User:
        if self.actor.user_id is None:
            raise Forbidden("Only a person has an account.")
        return user_for(self.actor, self.actor.user_id)


class OwnUserView(AccountView):
    rules = {"GET": "account.read"}

    @extend_schema(responses=shapes.UserSerializer)
    def get(self, request: Request) -> Response:
        """Your own user."""
        return self.ok(shapes.UserSerializer, self.person)


class OwnPasswordView(AccountView):
    rules = {"POST": "account.update"}

    @extend_schema(request=shapes.ChangePasswordRequest, responses=shapes.MessageSerializer)
    def post(self, request: Request) -> Response:
        """Change your password. Your other logins end."""
        data, person = self.body(shapes.ChangePasswordRequest), self.person
        passwords.change_own(
            actor=self.actor,
            user=person,
            current=data["current_password"],
            new=data["new_password"],
            at=timezone.now(),
        )
        keep_session(request._request, person)
        return self.ok(shapes.MessageSerializer, {"message": "Password changed", "success": True})


class OwnLoginsView(AccountView):
    rules = {"GET": "account.read"}

    @extend_schema(responses=shapes.LoginRowSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Where you are signed in."""
        found = queries.open_logins(self.person, timezone.now())[:100]
        return Response([self.answer(shapes.LoginRowSerializer, login) for login in found])


class OwnLoginView(AccountView):
    rules = {"DELETE": "account.update"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """End one of your logins."""
        login = Login.objects.select_related("user").filter(pk=pk, user=self.person).first()
        if login is None:
            raise NotFound
        logins.revoke(login=login, because="ended", at=timezone.now(), who=self.actor.who)
        return self.deleted()


class SecondFactorView(AccountView):
    rules = {"GET": "account.read", "POST": "account.update", "PUT": "account.update", "DELETE": "account.update"}

    @extend_schema(responses=shapes.SecondFactorSerializer)
    def get(self, request: Request) -> Response:
        """Whether your sign-in asks for a second factor."""
        return self.ok(shapes.SecondFactorSerializer, {"enabled": second_factors.is_on(self.person)})

    @extend_schema(request=None, responses=shapes.ProposalSerializer)
    def post(self, request: Request) -> Response:
        """Begin: get the secret for your authenticator app."""
        person = self.person
        secret = second_factors.propose(user=person)
        uri = second_factors.address_for_app(user=person, secret=secret, issuer=settings.PROJECT_NAME)
        return self.ok(shapes.ProposalSerializer, {"secret": secret, "uri": uri})

    @extend_schema(request=shapes.CodeRequest, responses=shapes.RecoveryCodesSerializer)
    def put(self, request: Request) -> Response:
        """Confirm with a code from the app. The recovery codes are shown this once."""
        code = self.body(shapes.CodeRequest)["otp"]
        codes = second_factors.confirm(actor=self.actor, user=self.person, code=code, at=timezone.now())
        return self.ok(shapes.RecoveryCodesSerializer, {"recovery_codes": codes})

    @extend_schema(request=shapes.PasswordRequest, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Turn it off; needs your password."""
        person = self.person
        passwords.insist_on_own(
            actor=self.actor, user=person, password=self.body(shapes.PasswordRequest)["password"], at=timezone.now()
        )
        second_factors.remove(who=self.actor.who, user=person)
        return self.deleted()
