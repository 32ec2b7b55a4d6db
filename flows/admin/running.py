"""A flow is run by hand: a field for each of its variables, and JSON for whatever else it should be given."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.authentication import actor_in_console
from flows.access import flow_for
from flows.admin.places import execution_place
from flows.choices import FlowStatus, RunsOn
from flows.definition import variables_of
from flows.models import Flow
from flows.services import queueing
from flows.services.versions import content_of
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import PLAIN, JsonField, PageForm
from rdos.kernel.secrecy import looks_secret

MOST_FIELDS = 50
LONGEST = 10_000
SECRET = {"autocomplete": "new-password"}


class RunForm(PageForm):
    """Whatever is left as the flow has it is not sent: the flow's own value counts then."""

    def __init__(self, variables: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variables = dict(list(variables.items())[:MOST_FIELDS])
        for place, (name, value) in enumerate(self.variables.items()):
            self.fields[f"given-{place}"] = field_of(name, value)
        self.fields["more"] = JsonField(
            required=False,
            label="More" if variables else "Input",
            rows=4,
            help_text='An object, such as {"order": 17}. It is what the run finds as its variables.',
        )
        self.fields["priority"] = forms.IntegerField(
            required=False,
            min_value=0,
            max_value=20,
            help_text="From 0, which comes first, to 20. Empty: the flow's own.",
        )

    def given(self) -> dict[str, Any] | None:
        found = dict(self.cleaned_data["more"] or {})
        for place, (name, value) in enumerate(self.variables.items()):
            chosen = self.cleaned_data[f"given-{place}"]
            if chosen not in (None, "") and not _same(chosen, value):
                found.setdefault(name, chosen)
        return found or None


def _same(chosen: Any, value: Any) -> bool:
    return bool(chosen == value) and isinstance(chosen, bool) == isinstance(value, bool)


def field_of(name: str, value: Any) -> forms.Field:
    """As its present value is: a number, a choice of yes and no, a text, or JSON."""
    shared: dict[str, Any] = {"label": name, "required": False}
    if looks_secret(name):
        return forms.CharField(strip=False, max_length=LONGEST, widget=forms.PasswordInput(SECRET), **shared)
    if isinstance(value, bool):
        choices = (("true", "Yes"), ("false", "No"))
        return forms.TypedChoiceField(choices=choices, coerce=_is_true, initial=str(value).lower(), **shared)
    if isinstance(value, int):
        return forms.IntegerField(initial=value, **shared)
    if isinstance(value, float):
        return forms.FloatField(initial=value, **shared)
    if isinstance(value, dict | list):
        return JsonField(kind=type(value), initial=value, rows=3, **shared)
    text = forms.TextInput(PLAIN) if len(str(value)) < 100 and "\n" not in str(value) else forms.Textarea({"rows": 4})
    return forms.CharField(strip=False, max_length=LONGEST, widget=text, initial=value, **shared)


def _is_true(word: str) -> bool:
    return word == "true"


def may(page: Any, request: HttpRequest, flow: Flow) -> bool:
    """Whether there is anything to press; why not is told by the page."""
    can = flow.status == FlowStatus.RUNNING and flow.runs_on != RunsOn.NODE and flow.current_id is not None
    return can and bool(page.has_run_permission(request))


def page(page: Any, request: HttpRequest, flow: Flow) -> HttpResponse:
    if not page.has_run_permission(request):
        raise PermissionDenied
    variables = variables_of(content_of(flow, flow.current)) if flow.current else {}
    form = RunForm(variables, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _run(request, flow, form)
        except DomainError as error:
            refuse(form, error)
    hindrance = _hindrance(flow)
    facts = {"title": f"Run {flow.name}", "original": flow, "form": form, "back": page.place("change", flow.pk)}
    return page.page(request, "console/flows/run.html", hindrance=hindrance, **facts)  # type: ignore[no-any-return]


def _hindrance(flow: Flow) -> str:
    try:
        queueing.insist_startable(flow)
    except DomainError as error:
        return error.detail
    return ""


def _run(request: HttpRequest, flow: Flow, form: RunForm) -> HttpResponse:
    actor = actor_in_console(request)
    start = queueing.Start(who=actor.who, priority=form.cleaned_data["priority"])
    mine = flow_for(actor, flow.pk, "executions.create")
    execution = queueing.enqueue(flow=mine, start=start, given=form.given(), at=timezone.now())
    messages.success(request, "It is in the queue. This page follows it.")
    return HttpResponseRedirect(execution_place(execution.pk))
