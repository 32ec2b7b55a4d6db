"""Turning the second factor on and off."""

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require
from accounts.errors import AlreadyEnrolled, CodeDoesNotFit
from accounts.models import User
from accounts.services import passwords, second_factors
from rdos.console.forms import ConfirmFactorForm, OwnPasswordForm
from rdos.console.pages import signed_in
from rdos.console.views.account import ACCOUNT, person, show
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError, NotFound

HERE = "/account/second-factor"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def enrol(request: HttpRequest) -> HttpResponse:
    actor, user = person(request)
    require(actor, "account.update")
    if second_factors.is_on(user):
        return HttpResponseRedirect(f"{ACCOUNT}#second-factor", status=303)
    if request.method != "POST":
        return _ask(request, user, ConfirmFactorForm())
    form = ConfirmFactorForm(request.POST)
    if not form.is_valid():
        return _ask(request, user, form)
    try:
        codes = second_factors.confirm(actor=actor, user=user, code=form.cleaned_data["otp"], at=timezone.now())
    except CodeDoesNotFit:
        form.add_error("otp", "That code does not fit. Is the phone's clock right? Try the next code.")
        return _ask(request, user, form)
    except (AlreadyEnrolled, NotFound):
        return HttpResponseRedirect(HERE, status=303)
    return render(request, "console/recovery_codes.html", {"codes": codes})


def _ask(request: HttpRequest, user: User, form: ConfirmFactorForm) -> HttpResponse:
    secret = second_factors.proposed(user) or second_factors.propose(user=user)
    address = second_factors.address_for_app(user=user, secret=secret, issuer=settings.PROJECT_NAME)
    grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return render(request, "console/second_factor.html", {"form": form, "secret": grouped, "picture": picture(address)})


def picture(address: str) -> SafeString:
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return mark_safe(drawn)  # noqa: S308 (drawn by us: squares, and no text of anybody)


@require_POST
@signed_in
def turn_off(request: HttpRequest) -> HttpResponse:
    actor, user = person(request)
    require(actor, "account.update")
    form = OwnPasswordForm(request.POST, prefix="off")
    if form.is_valid():
        try:
            given = form.cleaned_data["password"]
            passwords.insist_on_own(actor=actor, user=user, password=given, at=timezone.now())
            second_factors.remove(who=actor.who, user=user)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, "The second factor is off.")
            return HttpResponseRedirect(ACCOUNT, status=303)
    return show(request, off_form=form)
