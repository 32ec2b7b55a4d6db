"""Triggers are written here: a new one, and one that is there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError
from scheduling.admin.trigger_forms import TriggerForm
from scheduling.services import triggers


def add(page: Any, request: HttpRequest) -> HttpResponse:
    if not page.has_add_permission(request):
        raise PermissionDenied
    return _written(page, request, None)


def edit(page: Any, request: HttpRequest, row: Any) -> HttpResponse:
    if not page.has_update_permission(request):
        raise PermissionDenied
    return _written(page, request, row)


def _written(page: Any, request: HttpRequest, row: Any) -> HttpResponse:
    form = page.form_for(request, row)
    if request.method == "POST" and page.only_shows(request):
        return page.written(request, form, row)  # type: ignore[no-any-return] # the theme's
    if request.method == "POST" and form.is_valid():
        try:
            return _save(page, request, form)
        except DomainError as error:
            refuse(form, named_here(form, error))
    return page.written(request, form, row)  # type: ignore[no-any-return] # the theme's


def _save(page: Any, request: HttpRequest, form: TriggerForm) -> HttpResponse:
    actor, at = actor_in_console(request), database_now()
    said, part = form.common(), form.part(at)
    if form.row is not None:
        triggers.edit(actor=actor, pk=form.row.pk, at=at, fields=said, part=part)
        messages.success(request, "It was changed." if said or part else "Nothing was different.")
        return HttpResponseRedirect(page.place("change", form.row.pk))
    flow_id = form.cleaned_data["flow"]
    made = triggers.create(actor=actor, flow_id=flow_id, kind=page.kind, at=at, part=part, **said)
    messages.success(request, f"{made.name} is there now, and switched on.")
    return HttpResponseRedirect(page.place("change", made.pk))


def named_here(form: TriggerForm, error: DomainError) -> DomainError:
    if error.errors:
        error.errors = {form.named_here(name): said for name, said in error.errors.items()}
    return error
