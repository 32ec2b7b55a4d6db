"""One command to a whole group; it becomes an operation that tells each node's fate."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.authentication import actor_in_console
from devices import queries
from devices.admin.bulk_command import common
from devices.admin.command_forms import KEEPING, KEEPING_WORDS, CommandForm, refuse
from devices.drivers import CommandSpec
from devices.models import Node, NodeGroup
from devices.services import operations
from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError


def specs_for(actor: Actor, group: NodeGroup) -> list[CommandSpec]:
    """What every kind of node in it understands."""
    kinds = queries.members(group, actor).order_by("device_type").values_list("device_type", flat=True).distinct()
    return common([Node(device_type=kind) for kind in kinds])


def send(page: Any, request: HttpRequest, group: NodeGroup) -> HttpResponse:
    """First which, then with what."""
    actor = actor_in_console(request)
    specs = specs_for(actor, group)
    spec = next((one for one in specs if one.name == request.POST.get("command")), None)
    form = CommandForm(spec, request.POST if "confirmed" in request.POST else None) if spec else None
    if form and form.is_bound and form.is_valid():
        try:
            return _sent(request, actor, group, form)
        except DomainError as error:
            refuse(form, error)
    members = queries.members(group, actor)
    facts = {"group": group, "count": members.count(), "back": page.place("change", group.pk)}
    on_bus = members.filter(on_bus=True).exists()
    asked = {"specs": specs, "spec": spec, "form": form, "keeping": KEEPING_WORDS, "on_bus": on_bus}
    title = f"{spec.name} on {group.name}" if spec else "Send a command"
    return page.page(request, "console/groups/command.html", title=title, **facts, **asked)  # type: ignore[no-any-return]


def _sent(request: HttpRequest, actor: Actor, group: NodeGroup, form: CommandForm) -> HttpResponse:
    operation = operations.create(
        actor=actor,
        action=form.action(),
        target=operations.Target(group_id=group.pk),
        at=timezone.now(),
        ttl=KEEPING.get(request.POST.get("keep", ""), KEEPING["1d"]),
        title=f"{form.spec.name} on {group.name}",
    )
    return HttpResponseRedirect(reverse("admin:devices_operation_change", args=(operation.pk,)))
