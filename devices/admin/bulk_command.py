"""One command to many nodes: which, then with what; it becomes an operation that tells each node's fate."""

from collections.abc import Sequence

from django.contrib.admin import action
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.authentication import actor_in_console
from devices.admin.bulk import chosen
from devices.admin.command_forms import KEEPING, KEEPING_WORDS, CommandForm, refuse, specs_of
from devices.drivers import CommandSpec
from devices.models import Node
from devices.services import operations
from rdos.kernel.console import ModelPage
from rdos.kernel.errors import DomainError


def common(nodes: Sequence[Node]) -> list[CommandSpec]:
    """What every one of them understands, in the words of the first."""
    by_type = {node.device_type: node for node in nodes}
    known = [{spec.name for spec in specs_of(node)} for node in by_type.values()]
    shared = set.intersection(*known) if known else set()
    return [spec for spec in specs_of(nodes[0]) if spec.name in shared] if nodes else []


@action(description="Send a command", permissions=["command"])
def send_command(page: ModelPage, request: HttpRequest, queryset: QuerySet[Node]) -> HttpResponse:
    nodes = chosen(page, request, queryset)
    if nodes is None:
        return HttpResponseRedirect(page.place("changelist"))
    specs = common(nodes)
    spec = next((spec for spec in specs if spec.name == request.POST.get("command")), None)
    facts = {"rows": nodes, "specs": specs, "spec": spec, "keeping": KEEPING_WORDS, "back": page.place("changelist")}
    if spec is None:
        return page.page(request, "console/fleet/choose_command.html", title="Send a command", **facts)
    form = CommandForm(spec, request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            return _sent(request, nodes, form)
        except DomainError as error:
            refuse(form, error)
    facts["on_bus"] = any(node.on_bus for node in nodes)
    title = f"{spec.name} on {len(nodes)} node{'' if len(nodes) == 1 else 's'}"
    return page.page(request, "console/fleet/send_command.html", title=title, form=form, **facts)


def _sent(request: HttpRequest, nodes: Sequence[Node], form: CommandForm) -> HttpResponse:
    operation = operations.create(
        actor=actor_in_console(request),
        action=form.action(),
        target=operations.Target(node_ids=[node.pk for node in nodes]),
        at=timezone.now(),
        ttl=KEEPING.get(request.POST.get("keep", ""), KEEPING["1d"]),
    )
    return HttpResponseRedirect(reverse("admin:devices_operation_change", args=(operation.pk,)))
