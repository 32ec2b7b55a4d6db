"""Rollouts: the list, and the page on which one is followed and steered wave by wave."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.access import allows
from accounts.authentication import actor_in_console
from flows.access import rollouts_for
from flows.admin import rollout_facts
from flows.admin.filters import FlowFilter
from flows.admin.places import list_of
from flows.admin.tones import rollout_badge
from flows.choices import OPEN_ROLLOUTS, RolloutStatus
from flows.models import Rollout
from flows.services import rollouts
from rdos.kernel.console import Question, journal_of, moment, pair, two
from rdos.kernel.live_page import Button, Nothing, RowPage, Verb

PAUSABLE = (RolloutStatus.RUNNING, RolloutStatus.WAITING)
ABORTABLE = (RolloutStatus.RUNNING, RolloutStatus.WAITING, RolloutStatus.PAUSED)
ABORT = Question(
    "Abort the rollout",
    "No further wave begins, and whatever has not left does not leave. The nodes keep what they have. This is final.",
    "Abort",
)
GO_BACK = Question(
    "Abort, and go back",
    "No further wave begins, and every node that has the version, or may have it, goes back to what it had before.",
    "Go back",
)


@admin.register(Rollout)
class RolloutPage(RowPage):
    list_display = ("what", "state", "how_far", "who", "begun")
    noun = "rollouts"
    list_filter = ("status", FlowFilter)
    search_fields = ("title", "flow__name")
    search_help_text = "Title or flow"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    row_template = "console/rollouts/rollout.html"
    live_template = "console/rollouts/live.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rollout]:
        unshown = ("version__content", "version__executable", "flow__canvas", "flow__metadata")
        found = rollouts_for(actor_in_console(request)).select_related("flow", "version").defer(*unshown)
        return found.order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "A rollout brings a version to many nodes in waves, each only when the one before has gone well."
        who = "You begin one" if self.has_deploy_permission(request) else "A developer begins one"
        return Nothing("No rollout yet", f"{text} {who} on the page of a flow.", "Go to the flows", list_of("flow"))

    def has_deploy_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "flows.deploy")

    @display(description="Rollout")
    def what(self, rollout: Rollout) -> SafeString:
        return pair(rollout.title, f"{rollout.flow.name} v{rollout.version.number}")

    @display(description="State")
    def state(self, rollout: Rollout) -> SafeString:
        return rollout_badge(rollout.status)

    @display(description="Wave")
    def how_far(self, rollout: Rollout) -> SafeString:
        return two(f"{rollout.wave + 1} of {len(rollout.waves)}", rollout.status_reason[:100])

    @display(description="Begun by")
    def who(self, rollout: Rollout) -> str:
        return rollout.created_by_label or "–"

    @display(description="Begun (UTC)")
    def begun(self, rollout: Rollout) -> SafeString:
        return two(moment(rollout.created_at), f"over {moment(rollout.ended_at)}" if rollout.ended_at else "")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        answer = super().changeform_view(request, object_id, form_url, extra_context)
        rollout = answer.context_data["original"]  # type: ignore[attr-defined]
        may_read = allows(actor_in_console(request), "journal.read")
        answer.context_data["journal"] = journal_of("rollout", rollout.pk) if may_read else ""  # type: ignore[attr-defined]
        return answer

    def live_facts(self, request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
        return {
            **rollout_facts.facts(actor_in_console(request), rollout, timezone.now()),
            "badge": rollout_badge(rollout.status),
            "buttons": self._buttons(request, rollout),
            "may_press": self.has_deploy_permission(request),
        }

    def _buttons(self, request: HttpRequest, rollout: Rollout) -> list[Button]:
        if not self.has_deploy_permission(request):
            return []
        found = []
        if rollout.status == RolloutStatus.WAITING:
            found.append(self.button("proceed", "Let the next wave begin", rollout))
        if rollout.status == RolloutStatus.PAUSED:
            found.append(self.button("again", "Tell those again that failed", rollout))
            found.append(self.button("resume", "Go on without them", rollout))
        if rollout.status in PAUSABLE:
            found.append(self.button("pause", "Pause", rollout))
        if rollout.status in OPEN_ROLLOUTS:
            found.append(self.button("abort", "Abort…", rollout, dangerous=True))
        if rollout.status in ABORTABLE:
            found.append(self.button("back", "Abort, and go back…", rollout, dangerous=True))
        return found

    def pause(self, request: HttpRequest, rollout: Rollout) -> tuple[str, str]:
        rollouts.pause(actor=actor_in_console(request), pk=rollout.pk, at=timezone.now())
        return "It is paused: no further wave begins.", ""

    def resume(self, request: HttpRequest, rollout: Rollout) -> tuple[str, str]:
        rollouts.resume(actor=actor_in_console(request), pk=rollout.pk, at=timezone.now())
        return "It goes on; what failed in this wave is excused.", ""

    def again(self, request: HttpRequest, rollout: Rollout) -> tuple[str, str]:
        rollouts.resume(actor=actor_in_console(request), pk=rollout.pk, at=timezone.now(), retry=True)
        return "It goes on; those that failed or were skipped are told again.", ""

    def proceed(self, request: HttpRequest, rollout: Rollout) -> tuple[str, str]:
        rollouts.proceed(actor=actor_in_console(request), pk=rollout.pk, at=timezone.now())
        return "It is through the gate.", ""

    def abort(self, request: HttpRequest, rollout: Rollout) -> tuple[str, str]:
        rollouts.abort(actor=actor_in_console(request), pk=rollout.pk, at=timezone.now())
        return "It is aborted.", ""

    def back(self, request: HttpRequest, rollout: Rollout) -> tuple[str, str]:
        rollouts.abort(actor=actor_in_console(request), pk=rollout.pk, at=timezone.now(), rollback=True)
        return "Its nodes go back to what they had before.", ""

    verbs = {
        "pause": Verb(pause, "deploy"),
        "resume": Verb(resume, "deploy"),
        "again": Verb(again, "deploy"),
        "proceed": Verb(proceed, "deploy"),
        "abort": Verb(abort, "deploy", ABORT),
        "back": Verb(back, "deploy", GO_BACK),
    }
