"""Operations: one action told to many nodes, how far it is, and what each node said."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import commands_for, operations_for
from devices.admin import progress
from devices.admin.places import node_place
from devices.admin.tones import command_badge
from devices.choices import UNCONFIRMED, CommandStatus
from devices.models import Command, Operation
from devices.services import operations
from rdos.kernel.actors import Actor
from rdos.kernel.console import badge, moment, pair
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb, written
from rdos.kernel.secrecy import mask_text

# A page shows so many nodes; the troubled ones come first, and the list of commands has the rest.
MOST_ROWS = 500
TROUBLED_FIRST = ("rejected", "expired", "cancelled", "sent", "queued")
# Large, asked for every second, and never shown here.
UNSHOWN = ("sealed", "action", "node__metadata", "node__last_health", "node__denied_commands", "node__labels")


class OperationList(ChangeList):
    """Counts the commands of a whole page in one question."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type] # the theme has no types
        actor = actor_in_console(request)
        counts = operations.counts(actor, rows)
        for row in rows:
            row.progress = progress.of(counts[row.pk], len(operations.skipped_of(actor, row)))
        self.result_list = rows


@admin.register(Operation)
class OperationPage(RowPage):
    list_display = ("what", "state", "told", "who", "when")
    noun = "operations"
    search_fields = ("title", "created_by_label")
    search_help_text = "Title or person"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    row_template = "console/operations/operation.html"
    live_template = "console/operations/live.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OperationList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        return operations_for(actor_in_console(request)).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        return Nothing(
            "No operation yet",
            "One command to many nodes is an operation: it shows how far it is, and what each node said. "
            "Choose nodes in the list, or open a group, and send them a command.",
            "Choose nodes",
            reverse("admin:devices_node_changelist"),
        )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "commands.create")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "commands.cancel")

    @display(description="Operation")
    def what(self, operation: Operation) -> SafeString:
        return pair(operation.title, operation.action.get("type", ""))

    @display(description="State")
    def state(self, operation: Any) -> SafeString:
        return badge(operation.progress.tone, operation.progress.word)

    @display(description="Nodes")
    def told(self, operation: Any) -> SafeString:
        return pair(f"{operation.progress.settled} of {operation.progress.told} settled", operation.progress.troubles)

    @display(description="By")
    def who(self, operation: Operation) -> str:
        return operation.created_by_label or "–"

    @display(description="When (UTC)")
    def when(self, operation: Operation) -> str:
        return moment(operation.created_at)

    def live_facts(self, request: HttpRequest, operation: Operation) -> dict[str, Any]:
        actor = actor_in_console(request)
        skipped = operations.skipped_of(actor, operation)
        counts = operations.counts(actor, [operation])[operation.pk]
        retries = operations_for(actor).filter(retry_of=operation).order_by("created_at", "id")
        found = progress.of(counts, len(skipped))
        return {
            "action": written(operation.action),
            "progress": found,
            "rows": [_row(command) for command in _troubled_first(actor, operation)],
            "beyond": max(0, found.told - MOST_ROWS),
            "all_rows": f"{reverse('admin:devices_command_changelist')}?operation={operation.pk}",
            "skipped": [one | {"place": node_place(one["node_id"])} for one in skipped],
            "buttons": self._buttons(request, operation, found),
            "may_press": self.may(request, "cancel"),
            "retries": [self.place("change", pk) for pk in retries.values_list("pk", flat=True)],
            "first": self._first_of(actor, operation),
        }

    def _first_of(self, actor: Actor, operation: Operation) -> str:
        first = operation.retry_of_id
        return self.place("change", first) if first and operations_for(actor).filter(pk=first).exists() else ""

    def _buttons(self, request: HttpRequest, operation: Operation, found: progress.Progress) -> list[Button]:
        tried = found.failed or found.unconfirmed
        retry = self.may(request, "retry") and tried and _waiting(actor_in_console(request), operation)
        cancel = self.may(request, "cancel") and found.open
        return [
            *([self.button("retry", f"Retry {retry} {found.to_retry}", operation)] if retry else []),
            *([self.button("cancel", f"Cancel {found.open} still open", operation, dangerous=True)] if cancel else []),
        ]

    def retry(self, request: HttpRequest, operation: Operation) -> tuple[str, str]:
        again = operations.retry(
            actor=actor_in_console(request), pk=operation.pk, at=timezone.now(), ttl=timedelta(days=1)
        )
        return "They are told again.", self.place("change", again.pk)

    def cancel(self, request: HttpRequest, operation: Operation) -> tuple[str, str]:
        operations.cancel(actor=actor_in_console(request), pk=operation.pk, at=timezone.now())
        return "What was still open is cancelled.", ""

    verbs = {"retry": Verb(retry, "retry"), "cancel": Verb(cancel, "cancel")}


def _waiting(actor: Actor, operation: Operation) -> int:
    """How many failed and were not told again yet, as a retry chooses them."""
    again = Command.objects.filter(operation__retry_of=operation).values("node_id")
    failed = commands_for(actor).filter(operation=operation, status__in=operations.FAILED)
    return failed.exclude(node_id__in=again).count()


def _troubled_first(actor: Actor, operation: Operation) -> QuerySet[Command]:
    ranks = [When(status=word, then=Value(rank)) for rank, word in enumerate(TROUBLED_FIRST)]
    rank = Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
    told = commands_for(actor).filter(operation=operation).select_related("node").defer(*UNSHOWN)
    return told.order_by(rank, Lower("node__name"), "id")[:MOST_ROWS]


def _row(command: Command) -> dict[str, Any]:
    return {
        "command": command,
        "place": node_place(command.node_id),
        "badge": command_badge(command),
        "error": mask_text(command.error),
        "is_failure": command.status != CommandStatus.CANCELLED and command.error_code != UNCONFIRMED,
        "at": command.settled_at or command.sent_at or command.created_at,
        "said": written(command.data if command.status == CommandStatus.ACKED else command.details),
    }
