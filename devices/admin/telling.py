"""A person tells a node something from its page, and takes back what was not carried out yet."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.authentication import actor_in_console
from devices.access import command_for, node_for
from devices.admin.cells import as_json
from devices.admin.command_forms import KEEPING, AnotherForm, CommandForm, refuse, specs_of
from devices.admin.node_page import show
from devices.admin.places import node_place
from devices.drivers import CommandSpec
from devices.models import Command, Node
from devices.services import bus_commands, configuring, telling
from devices.services.actions import UPDATE, spec_of
from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError
from rdos.kernel.secrecy import mask


@require_POST
def send(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node = node_for(actor, pk, "commands.create")
    form = _form(node, request.POST)
    if form.is_valid():
        spec = spec_of(node, form.action()["type"])
        if spec and spec.dangerous and "confirmed" not in request.POST:
            return _ask_again(request, node, spec, form)
        try:
            command = _tell(actor, node, form, request.POST)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _told(node, command))
            return HttpResponseRedirect(f"{node_place(pk)}#commands", status=303)
    return show(request, actor, node, filled=form)


def _form(node: Node, data: QueryDict) -> CommandForm | AnotherForm:
    spec = next((spec for spec in specs_of(node) if spec.name == data.get("command")), None)
    return CommandForm(spec, data) if spec else AnotherForm(data, prefix="another")


def _ask_again(request: HttpRequest, node: Node, spec: CommandSpec, form: CommandForm | AnotherForm) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]
    arguments = {name: value for name, value in form.action().items() if name != "type"}
    shown = as_json(mask(arguments)) if arguments else ""
    return render(request, "console/fleet/sure.html", {"node": node, "spec": spec, "sent": sent, "arguments": shown})


def _tell(actor: Actor, node: Node, form: CommandForm | AnotherForm, data: QueryDict) -> Command:
    action, at = form.action(), timezone.now()
    if action["type"] == UPDATE:
        return configuring.configure(actor=actor, node=node, config=action.get("config"), at=at, wait=None)
    ttl = bus_commands.LIVES if node.on_bus else KEEPING.get(data.get("keep", ""), KEEPING["1d"])
    return telling.tell(actor=actor, node=node, action=action, at=at, wait=None, ttl=ttl)


def _told(node: Node, command: Command) -> str:
    if node.on_bus:
        return f"{command.name} is published on the bus."
    if node.is_reachable:
        return f"{command.name} is on its way."
    return f"{command.name} waits for the node until {command.expires_at:%Y-%m-%d %H:%M} UTC."


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    actor = actor_in_console(request)
    node_id = command_for(actor, pk, "commands.cancel").node_id
    try:
        command = telling.cancel(actor=actor, pk=pk, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"{command.name} is cancelled.")
    return HttpResponseRedirect(f"{node_place(node_id)}#commands", status=303)
