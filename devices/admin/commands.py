"""Commands of all nodes, newest first: what was told, how it stands, what came back."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import commands_for, nodes_for
from devices.admin.filters import is_uuid, waits_for_its_node
from devices.admin.places import node_place
from devices.admin.tones import command_badge
from devices.choices import OPEN_COMMANDS, CommandStatus
from devices.models import Command
from devices.services import telling
from rdos.kernel.console import Question, confirmed, moment, pair
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb, written
from rdos.kernel.secrecy import mask_text

# A filter offers what occurred lately, and as many nodes as a person can read.
LATELY = 2000
MOST_NODES = 200


class StatusFilter(SimpleListFilter):
    title = "state"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("open", "Still open"), *CommandStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Command]) -> QuerySet[Command]:
        if self.value() == "open":
            return queryset.filter(status__in=OPEN_COMMANDS)
        return queryset.filter(status=self.value()) if self.value() in CommandStatus.values else queryset


class NameFilter(SimpleListFilter):
    title = "command"
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        newest = commands_for(actor_in_console(request)).order_by("-created_at", "-id")
        words = set(newest.values_list("name", flat=True)[:LATELY])
        return [(word, word) for word in sorted(words | {self.value() or ""}) if word]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Command]) -> QuerySet[Command]:
        return queryset.filter(name=self.value()) if self.value() else queryset


class NodeFilter(SimpleListFilter):
    title = "node"
    parameter_name = "node"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        found = nodes_for(actor_in_console(request)).order_by("name", "id").values_list("pk", "name")
        return [(str(pk), name) for pk, name in found[:MOST_NODES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Command]) -> QuerySet[Command]:
        words = str(self.value() or "")
        return queryset.filter(node_id=words) if is_uuid(words) else queryset


class OperationFilter(SimpleListFilter):
    """Has no choices of its own: an operation's page leads here."""

    title = "operation"
    parameter_name = "operation"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(self.value() or "", "The chosen one")] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Command]) -> QuerySet[Command]:
        words = str(self.value() or "")
        return queryset.filter(operation_id=words) if is_uuid(words) else queryset


class AwayFilter(SimpleListFilter):
    title = "its node"
    parameter_name = "away"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Is away")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Command]) -> QuerySet[Command]:
        return queryset.filter(waits_for_its_node()) if self.value() == "yes" else queryset


@admin.register(Command)
class CommandPage(RowPage):
    list_display = ("what", "shown_node", "state", "who", "when", "came_back")
    noun = "commands"
    list_filter = (StatusFilter, NameFilter, NodeFilter, AwayFilter, OperationFilter)
    list_select_related = ("node",)
    search_fields = ("name", "node__name", "node__key")
    search_help_text = "Command or node"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    actions = ("cancel_commands",)  # type: ignore[assignment] # the one thing that a person does here
    row_template = "console/commands/command.html"
    live_template = "console/commands/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Command]:
        return commands_for(actor_in_console(request)).defer("sealed").order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        return Nothing(
            "No command yet",
            "Whatever a node is told appears here, with what came back. Commands are sent from the page of a node.",
            "Go to the nodes",
            reverse("admin:devices_node_changelist"),
        )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "commands.cancel")

    @display(description="Command")
    def what(self, command: Command) -> SafeString:
        return pair(command.name, command.purpose)

    @display(description="Node")
    def shown_node(self, command: Command) -> SafeString:
        return format_html('<a class="c-link" href="{}">{}</a>', node_place(command.node_id), command.node.name)

    @display(description="State")
    def state(self, command: Command) -> SafeString:
        return command_badge(command)

    @display(description="By")
    def who(self, command: Command) -> str:
        return command.created_by_label or "the hub"

    @display(description="When (UTC)")
    def when(self, command: Command) -> str:
        return moment(command.created_at)

    @display(description="What came back")
    def came_back(self, command: Command) -> str:
        return mask_text(command.error)[:200] or ("an answer" if command.data is not None else "–")

    @confirmed(
        permission="cancel",
        done="cancelled.",
        ask=Question(
            "Cancel commands",
            "What was not sent yet never will be. What was sent already, its node may still carry out.",
            "Cancel",
        ),
    )
    def cancel_commands(self, request: HttpRequest, command: Command) -> None:
        telling.cancel(actor=actor_in_console(request), pk=command.pk, at=timezone.now())

    def live_facts(self, request: HttpRequest, command: Command) -> dict[str, Any]:
        return {
            "badge": command_badge(command),
            "place": node_place(command.node_id),
            "operation": self._operation_of(command),
            "action": written(command.action),
            "error": mask_text(command.error),
            "data": written(command.data),
            "details": written(command.details),
            "buttons": self._buttons(request, command),
            "may_press": self.may(request, "cancel"),
        }

    def _operation_of(self, command: Command) -> str:
        known = command.operation_id
        return reverse("admin:devices_operation_change", args=(known,)) if known else ""

    def _buttons(self, request: HttpRequest, command: Command) -> list[Button]:
        may = command.status in OPEN_COMMANDS and self.may(request, "cancel")
        return [self.button("cancel", "Cancel it", command, dangerous=True)] if may else []

    def cancel(self, request: HttpRequest, command: Command) -> tuple[str, str]:
        telling.cancel(actor=actor_in_console(request), pk=command.pk, at=timezone.now())
        return "Cancelled.", ""

    verbs = {"cancel": Verb(cancel, "cancel")}
