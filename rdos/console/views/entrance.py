"""Coming in and going out."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.api.cookies import close_session, open_session, origin_of
from accounts.authentication import LOGIN_IN_SESSION, actor_in_console, is_developer_at_the_desk
from accounts.errors import SecondFactorRequired, WrongCredentials, WrongSecondFactor
from accounts.models import Login
from accounts.services import logins, provisioning
from rdos.console import pending
from rdos.console.forms import LoginForm, SecondStepForm
from rdos.console.pages import LOGIN, local
from rdos.kernel.errors import RateLimited

WRONG = "That username and password do not fit together."
# The words that the contract's form login sends back here.
ERRORS = {
    "invalid": WRONG,
    "rate_limited": "Too many tries. Wait a minute and try again.",
    "second_factor_required": "This account needs a code from your authenticator. Sign in here.",
    "wrong_second_factor": "That code is not valid. Sign in here.",
    "internal": "Signing in did not work, and it was not your fault. Try again.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    wanted = local(request.POST.get("next") or request.GET.get("next"))
    if request.method == "POST":
        return _second_step(request, wanted) if "otp" in request.POST else _first_step(request, wanted)
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted)
    if is_developer_at_the_desk(request):
        user = provisioning.dev_user()
        return _let_in(request, logins.open_login(user=user, origin=origin_of(request), at=timezone.now()), wanted)
    pending.end(request.session)
    return _ask(request, wanted, form=LoginForm(), notice=ERRORS.get(request.GET.get("error", ""), ""))


def _first_step(request: HttpRequest, wanted: str) -> HttpResponse:
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _ask(request, wanted, form=form)
    name, at = form.cleaned_data["username"], timezone.now()
    try:
        password = form.cleaned_data["password"]
        signed_in = logins.sign_in(name=name, password=password, origin=origin_of(request), at=at)
    except WrongCredentials:
        return _ask(request, wanted, form=form, notice=WRONG)
    except SecondFactorRequired:
        pending.begin(request.session, name=name, at=at)
        return _ask(request, wanted, form=SecondStepForm(), second=True)
    except RateLimited as error:
        return _ask(request, wanted, form=form, wait=error)
    return _let_in(request, signed_in, wanted)


def _second_step(request: HttpRequest, wanted: str) -> HttpResponse:
    form, at = SecondStepForm(request.POST), timezone.now()
    user = pending.user_of(request.session, at)
    if user is None:
        return _ask(request, wanted, form=LoginForm(), notice="That took too long. Sign in again.")
    if not form.is_valid():
        return _ask(request, wanted, form=form, second=True)
    try:
        code = form.cleaned_data["otp"]
        signed_in = logins.finish_sign_in(user=user, otp=code, origin=origin_of(request), at=at)
    except WrongSecondFactor:
        return _ask(request, wanted, form=form, second=True, notice="That code is not valid, or it was used already.")
    except (WrongCredentials, RateLimited) as error:
        pending.end(request.session)
        wait = error if isinstance(error, RateLimited) else None
        return _ask(request, wanted, form=LoginForm(), notice="" if wait else WRONG, wait=wait)
    pending.end(request.session)
    return _let_in(request, signed_in, wanted)


def _let_in(request: HttpRequest, signed_in: logins.SignedIn, wanted: str) -> HttpResponse:
    open_session(request, signed_in)
    return HttpResponseRedirect(wanted, status=303)


def _ask(request: HttpRequest, wanted: str, *, wait: RateLimited | None = None, **facts: Any) -> HttpResponse:
    notice = _patience(wait) if wait else facts.pop("notice", "")
    page = render(
        request, "console/login.html", {**facts, "next": wanted, "notice": notice}, status=429 if wait else 200
    )
    if wait and wait.retry_after:
        page["Retry-After"] = str(wait.retry_after)
    return page


def _patience(wait: RateLimited) -> str:
    seconds = wait.retry_after or 60
    said = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
    return f"Too many tries. Wait {said} and try again."


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    login_id = request.session.get(LOGIN_IN_SESSION)
    found = Login.objects.select_related("user").filter(pk=login_id).first() if login_id else None
    if found:
        logins.revoke(login=found, because="logout", at=timezone.now(), who=actor_in_console(request).who)
    response = HttpResponseRedirect(LOGIN, status=303)
    close_session(request, response)
    return response
