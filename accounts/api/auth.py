"""Signing in, refreshing, leaving, and asking who one is."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import serializers as shapes
from accounts.api.cookies import close_session, open_session, origin_of
from accounts.choices import Role
from accounts.errors import SecondFactorRequired, WrongCredentials, WrongSecondFactor
from accounts.models import Login
from accounts.services import logins
from rdos.kernel.actors import PUBLIC, Actor, ActorKind
from rdos.kernel.addresses import sent_by_another_site
from rdos.kernel.api.answers import answers_only
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.errors import DomainError, InvalidInput, RateLimited

# Bilbycast's clients read these beside the error.
FAILED = {"success": False, "csrf_token": None, "user": None}


class LoginView(ApiView):
    authentication_classes = ()
    rules = {"POST": PUBLIC}

    @extend_schema(request=shapes.LoginRequest, responses=shapes.LoginSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Sign in. Answers tokens for programs and sets cookies for browsers, at once."""
        try:
            signed_in = self._sign_in(request._request)
        except DomainError as error:
            error.extra = FAILED | {"error": error.detail}
            raise
        csrf_token = open_session(request._request, signed_in)
        return Response(self.answer(shapes.LoginSerializer, _facts(signed_in) | {"csrf_token": csrf_token}))

    def _sign_in(self, request: HttpRequest) -> logins.SignedIn:
        data = self.body(shapes.LoginRequest)
        return logins.sign_in(
            name=data["username"],
            password=data["password"],
            otp=data["otp"],
            tenant_id=data["tenant_id"],
            origin=origin_of(request),
            at=timezone.now(),
            count=self.count,
        )


def _facts(signed_in: logins.SignedIn) -> dict[str, Any]:
    return {
        "access_token": signed_in.access_token,
        "refresh_token": signed_in.refresh_token,
        "token_type": "bearer",
        "expires_in": signed_in.expires_in,
        "success": True,
        "error": None,
        "user": signed_in.user,
    }


class RefreshView(ApiView):
    authentication_classes = ()
    rules = {"POST": PUBLIC}

    @extend_schema(request=shapes.RefreshRequest, responses=shapes.TokensSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Trade a refresh token for a new pair. Each is good once; showing a used one ends the login."""
        data = self.body(shapes.RefreshRequest)
        origin = origin_of(request._request)
        renewed = logins.refresh(token=data["refresh_token"], origin=origin, at=timezone.now())
        return self.ok(shapes.TokensSerializer, _facts(renewed))


class LogoutView(ApiView):
    open_to_lan = True
    rules = {"POST": "account.read"}

    @extend_schema(request=None, responses=shapes.MessageSerializer)
    def post(self, request: Request) -> Response:
        """Sign out: the login, its tokens and its browser session end."""
        own = self.actor.login_id
        login = Login.objects.select_related("user").filter(pk=own).first() if own else None
        if login:
            logins.revoke(login=login, because="logout", at=timezone.now(), who=self.actor.who)
        body = {"message": "Successfully logged out", "success": True}
        response = Response(self.answer(shapes.MessageSerializer, body))
        close_session(request._request, response)
        return response


class MeView(ApiView):
    open_to_lan = True
    rules = {"GET": "account.read"}

    @extend_schema(responses=shapes.MeSerializer)
    def get(self, request: Request) -> Response:
        """Who the credential of this call stands for."""
        return Response(shaped(request, me(self.actor)))


def me(actor: Actor) -> dict[str, Any]:
    person = actor.kind in (ActorKind.USER, ActorKind.TOKEN)
    return {
        "user_id": actor.label if actor.dev_mode or not actor.id else actor.id,
        "roles": [role.value for role in Role(actor.role).at_most()] if person else [actor.role],
        "tenant_id": actor.tenant_id,
        "dev_mode": actor.dev_mode,
        "kind": actor.kind.value,
        "username": actor.label,
        "scopes": sorted(actor.scopes),
        "allowed_node_ids": None if actor.node_ids is None else sorted(map(str, actor.node_ids)),
        "denied_node_ids": sorted(map(str, actor.denied_node_ids)),
    }


@answers_only("POST")
def login_form(request: HttpRequest) -> HttpResponse:
    """Bilbycast's form login: a browser posts fields and follows the answer."""
    form = shapes.LoginRequest(data=request.POST.dict())
    # Another site must not sign its visitors in as somebody it chose.
    if sent_by_another_site(request) or not form.is_valid():
        return HttpResponseRedirect("/login?error=invalid", status=303)
    data = form.validated_data
    try:
        signed_in = logins.sign_in(
            name=data["username"],
            password=data["password"],
            otp=data["otp"],
            origin=origin_of(request),
            at=timezone.now(),
        )
    except DomainError as error:
        return HttpResponseRedirect(f"/login?error={_word(error)}", status=303)
    open_session(request, signed_in)
    return HttpResponseRedirect("/dashboard", status=303)


def _word(error: DomainError) -> str:
    if isinstance(error, RateLimited):
        return "rate_limited"
    if isinstance(error, SecondFactorRequired | WrongSecondFactor):
        return error.code
    return "invalid" if isinstance(error, WrongCredentials | InvalidInput) else "internal"
