"""One's own account: profile, password, second factor, logins, tokens."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import queries
from accounts.access import require, user_for
from accounts.authentication import LOGIN_IN_SESSION, actor_in_console
from accounts.choices import TokenKind
from accounts.models import ApiToken, Login, User
from accounts.services import logins, passwords, second_factors, tokens
from rdos.console.agents import recognised
from rdos.console.forms import ChangePasswordForm, OwnPasswordForm, OwnTokenForm
from rdos.console.pages import signed_in
from rdos.kernel.actors import Actor
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError, Forbidden, NotFound

ACCOUNT = "/account"
MOST_ROWS = 100


def person(request: HttpRequest) -> tuple[Actor, User]:
    actor = actor_in_console(request)
    if actor.user_id is None:
        raise Forbidden
    return actor, user_for(actor, actor.user_id)


@require_safe
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    return show(request)


def show(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The page, with the form that was refused in place of an empty one."""
    actor, user = person(request)
    at = timezone.now()
    facts = {
        "person": user,
        "factor_on": second_factors.is_on(user),
        "logins": [_login(login, actor) for login in queries.open_logins(user, at)[:MOST_ROWS]],
        "tokens": [_token(token) for token in _own_tokens(user)],
        "password_form": ChangePasswordForm(prefix="password"),
        "off_form": OwnPasswordForm(prefix="off"),
        "token_form": OwnTokenForm(prefix="token"),
    }
    return render(request, "console/account.html", facts | forms, status=status)


def _own_tokens(user: User) -> list[ApiToken]:
    found = ApiToken.objects.filter(owner=user, kind=TokenKind.API, revoked_at=None)
    return list(found.order_by("-created_at", "-id")[:MOST_ROWS])


def _login(login: Login, actor: Actor) -> dict[str, Any]:
    return {"row": login, "device": recognised(login.agent), "is_this": login.pk == actor.login_id}


def _token(token: ApiToken) -> dict[str, Any]:
    return {"row": token, "is_open": token.is_open(timezone.now())}


@require_POST
@signed_in
def change_password(request: HttpRequest) -> HttpResponse:
    actor, user = person(request)
    require(actor, "account.update")
    form = ChangePasswordForm(request.POST, prefix="password")
    if form.is_valid():
        try:
            given = form.cleaned_data
            passwords.change_own(actor=actor, user=user, current=given["current"], new=given["new"], at=timezone.now())
        except DomainError as error:
            refuse(form, _renamed(error))
        else:
            _stay(request, user)
            messages.success(request, "Your password is changed. You are signed out everywhere else.")
            return HttpResponseRedirect(ACCOUNT, status=303)
    return show(request, password_form=form)


def _renamed(error: DomainError) -> DomainError:
    """Puts each refusal beside the field it speaks of."""
    if error.errors:
        error.errors = {"new": [text for sentences in error.errors.values() for text in sentences]}
    elif error.code == "wrong_password":
        error.errors = {"current": [error.detail]}
    return error


def _stay(request: HttpRequest, user: User) -> None:
    """This browser keeps its login, under a new session id that the login must know."""
    update_session_auth_hash(request, user)
    found = Login.objects.filter(pk=str(request.session[LOGIN_IN_SESSION])).first()
    if found:
        logins.remember_session(login=found, session_key=str(request.session.session_key))


@require_POST
@signed_in
def end_login(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, user = person(request)
    require(actor, "account.update")
    login = Login.objects.select_related("user").filter(pk=pk, user=user).first()
    if login is None:
        raise NotFound
    logins.revoke(login=login, because="ended", at=timezone.now(), who=actor.who)
    messages.success(request, "That login has ended.")
    return HttpResponseRedirect(f"{ACCOUNT}#logins", status=303)


@require_POST
@signed_in
def make_token(request: HttpRequest) -> HttpResponse:
    actor, _ = person(request)
    require(actor, "tokens.create")
    form, at = OwnTokenForm(request.POST, prefix="token"), timezone.now()
    if not form.is_valid():
        return show(request, token_form=form)
    given = form.cleaned_data
    given["expires_at"] = form.expires_at(at)
    del given["days"]
    token, raw = tokens.create(actor=actor, kind=TokenKind.API, at=at, **given)
    return render(request, "console/token_made.html", {"token": token, "raw": raw, "origin": _origin(request)})


def _origin(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


@require_POST
@signed_in
def revoke_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor, _ = person(request)
    require(actor, "tokens.delete")
    token = tokens.revoke(actor=actor, pk=pk, at=timezone.now())
    messages.success(request, f"{token.name} is revoked.")
    return HttpResponseRedirect(f"{ACCOUNT}#tokens", status=303)
