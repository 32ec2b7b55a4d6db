"""A staged rollout is planned on one page: which version, to whom, in which waves, and what may go wrong."""

import re
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from accounts.authentication import actor_in_console
from devices.models import NodeGroup
from flows.admin.deploying import insist_deploys
from flows.admin.places import rollout_place
from flows.admin.target_forms import FORCE, TargetForm, nodes_offered, own_nodes, versions_offered
from flows.choices import Gate, OnFailure, WhenAway
from flows.models import Flow
from flows.particulars import LONGEST_GATE, LONGEST_WAVE, MOST_NODES, MOST_WAVES
from flows.services import rollouts
from flows.services.rollouts import GATE_SECONDS, WAVE_SECONDS, Plan
from rdos.kernel.actors import Actor
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import PLAIN

HOUR, MINUTE = 3600, 60
PERCENT, COUNT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%"), re.compile(r"(\d{1,5})(?: nodes?)?")
USUAL = "10 %\n50 %\n100 %"
BEHIND = ("success_threshold", "failure_threshold", "on_failure", "when_away", "wave_minutes", "gate_hours", "force")


class WavesField(forms.CharField):
    """One wave a line: a percent of all, a number of nodes, or the name of a group."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return [wave_of(line.strip()) for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_WAVES:
            raise forms.ValidationError(f"At most {MOST_WAVES} waves.")


def wave_of(line: str) -> dict[str, Any]:
    if found := PERCENT.fullmatch(line):
        if not 0 < float(found[1]) <= 100:
            raise forms.ValidationError(f"“{line}”: from 0 to 100 percent.")
        return {"percent": float(found[1]) if "." in found[1] else int(found[1])}
    if found := COUNT.fullmatch(line):
        if not 0 < int(found[1]) <= MOST_NODES:
            raise forms.ValidationError(f"“{line}”: from 1 to {MOST_NODES} nodes.")
        return {"count": int(found[1])}
    return {"group": line}


class RolloutForm(TargetForm):
    version = forms.TypedChoiceField(coerce=int)
    title = forms.CharField(required=False, max_length=200, widget=forms.TextInput(PLAIN))
    waves = WavesField(
        initial=USUAL,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        help_text="One a line: “10 %” of all nodes, counted from the first; “5 nodes”; or the name of a group. "
        "Whom no wave reaches is in one more.",
    )
    gate = forms.ChoiceField(label="After a wave that went well", choices=Gate.choices, initial=Gate.AUTO)
    success_threshold = forms.IntegerField(
        label="Must succeed, in percent of a wave", min_value=1, max_value=100, initial=100
    )
    failure_threshold = forms.IntegerField(
        label="May fail, in percent of a wave", min_value=0, max_value=100, initial=0
    )
    on_failure = forms.ChoiceField(label="When more than that fails", choices=OnFailure.choices)
    when_away = forms.ChoiceField(label="A node that is offline", choices=WhenAway.choices)
    wave_minutes = forms.IntegerField(
        label="Time for a wave, in minutes",
        min_value=1,
        max_value=LONGEST_WAVE // MINUTE,
        initial=WAVE_SECONDS // MINUTE,
        help_text="Whoever has not answered by then has failed.",
    )
    gate_hours = forms.IntegerField(
        label="Time to decide, in hours",
        min_value=1,
        max_value=LONGEST_GATE // HOUR,
        initial=GATE_SECONDS // HOUR,
        help_text="A rollout that waits for somebody longer than this is given up.",
    )
    force = forms.BooleanField(label="Insist", required=False, help_text=FORCE)
    field_order = ("version", "title", "to", "group", "nodes", "waves", "gate", *BEHIND)

    def __init__(self, actor: Actor, flow: Flow, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, own_nodes(flow), nodes_offered(actor), *args, **kwargs)
        self.fields["version"].choices = versions_offered(flow)  # type: ignore[attr-defined]
        self.fields["title"].help_text = f"Empty: {flow.name} with its version."

    def clean_waves(self) -> list[dict[str, Any]]:
        waves: list[dict[str, Any]] = self.cleaned_data["waves"]
        named = [wave["group"] for wave in waves if "group" in wave]
        groups = dict(NodeGroup.objects.filter(name__in=named).values_list("name", "pk"))
        missing = [name for name in named if name not in groups]
        if missing:
            raise forms.ValidationError(f"“{missing[0]}” is no percent, no number of nodes, and no group.")
        return [{"group_id": groups[one["group"]], "name": one["group"]} if "group" in one else one for one in waves]

    def plan(self) -> Plan:
        given = self.cleaned_data
        same = ("version", "title", "waves", "gate", *BEHIND[:4], "force")
        return Plan(
            choice=self.choice(),
            wave_seconds=given["wave_minutes"] * MINUTE,
            gate_seconds=given["gate_hours"] * HOUR,
            **{name: given[name] for name in same},
        )

    def before(self) -> list[BoundField]:
        return [box for box in self if box.name not in BEHIND]

    def behind(self) -> list[BoundField]:
        return [self[name] for name in BEHIND]

    def behind_is_wrong(self) -> bool:
        return any(name in self.errors for name in BEHIND)


def begin(page: Any, request: HttpRequest, flow: Flow) -> HttpResponse:
    insist_deploys(page, request)
    actor = actor_in_console(request)
    form = RolloutForm(actor, flow, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            rollout = rollouts.create(actor=actor, flow_id=flow.pk, plan=form.plan(), at=timezone.now())
        except DomainError as error:
            refuse(form, named_here(error))
        else:
            return HttpResponseRedirect(rollout_place(rollout.pk))
    facts = {"title": f"Roll out {flow.name}", "original": flow, "form": form, "back": page.place("change", flow.pk)}
    return page.page(request, "console/rollouts/begin.html", **facts)  # type: ignore[no-any-return] # the theme's


# What a field of the form is called in the words of the services.
WORDS = {"node_ids": "nodes", "group_id": "group"}


def named_here(error: DomainError) -> DomainError:
    if error.errors:
        error.errors = {WORDS.get(name, name): said for name, said in error.errors.items()}
    return error
