"""Operations: one action told to many nodes, how far it is, and what each node said."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.access import allows
from accounts.authentication import actor_in_console
from devices.access import commands_for, operations_for
from devices.admin import progress
from devices.admin.live_page import Button, RowPage, written
from devices.admin.places import node_place
from devices.admin.tones import command_badge
from devices.choices import CommandStatus
from devices.models import Command, Operation
from devices.services import operations
from rdos.kernel.console import badge, moment, pair

# A page shows so many nodes; the troubled ones come first, and the list of commands has the rest.
MOST_ROWS = 500
TROUBLED_FIRST = {word: number for number, word in enumerate(("rejected", "expired", "cancelled", "sent", "queued"))}


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
        found = progress.of(counts, len(skipped))
        told = list(commands_for(actor).filter(operation=operation).select_related("node").defer("sealed")[:10_001])
        told.sort(key=_troubled_first)
        return {
            "action": written(operation.action),
            "progress": found,
            "rows": [_row(command) for command in told[:MOST_ROWS]],
            "beyond": max(0, len(told) - MOST_ROWS),
            "skipped": [one | {"place": node_place(one["node_id"])} for one in skipped],
            "buttons": list(self._buttons(request, operation, found)),
            "retries": [self.place("change", one.pk) for one in operation.retries.order_by("created_at")],
            "first": self.place("change", operation.retry_of_id) if operation.retry_of_id else "",
        }

    def _buttons(self, request: HttpRequest, operation: Operation, found: progress.Progress) -> list[Button]:
        actor = actor_in_console(request)
        retry = found.failed and not operation.retries.exists() and allows(actor, "commands.create")
        cancel = found.open and allows(actor, "commands.cancel")
        return [
            *([self.button("retry", f"Retry {found.failed} that failed", operation)] if retry else []),
            *([self.button("cancel", f"Cancel {found.open} still open", operation, dangerous=True)] if cancel else []),
        ]

    def retry(self, request: HttpRequest, operation: Operation) -> tuple[str, str]:
        again = operations.retry(
            actor=actor_in_console(request), pk=operation.pk, at=timezone.now(), ttl=timedelta(days=1)
        )
        return "Those that failed are told again.", self.place("change", again.pk)

    def cancel(self, request: HttpRequest, operation: Operation) -> tuple[str, str]:
        operations.cancel(actor=actor_in_console(request), pk=operation.pk, at=timezone.now())
        return "What was still open is cancelled.", ""

    verbs = {"retry": retry, "cancel": cancel}


def _troubled_first(command: Command) -> tuple[int, str]:
    return TROUBLED_FIRST.get(command.status, len(TROUBLED_FIRST)), command.node.name.lower()


def _row(command: Command) -> dict[str, Any]:
    return {
        "command": command,
        "place": node_place(command.node_id),
        "badge": command_badge(command.status),
        "at": command.settled_at or command.sent_at or command.created_at,
        "said": written(command.data if command.status == CommandStatus.ACKED else command.details),
    }
