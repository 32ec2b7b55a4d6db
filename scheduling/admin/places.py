"""Where the console shows what of scheduling, and how a list is opened at its rows."""

from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from scheduling.choices import TriggerKind
from scheduling.models import Trigger

DAY = "/schedules/day"
# Under which name the pages of each kind lie; what is started by hand only has none.
KINDS = {TriggerKind.SCHEDULE: "schedule", TriggerKind.WEBHOOK: "webhook", TriggerKind.EVENT: "eventfilter"}


def flow_place(pk: object) -> str:
    return reverse("admin:flows_flow_change", args=(pk,))


def execution_place(pk: object) -> str:
    return reverse("admin:flows_execution_change", args=(pk,))


def page_of(noun: str, pk: object, name: str = "change") -> str:
    return reverse(f"admin:scheduling_{noun}_{name}", args=(pk,))


def do_place(noun: str, pk: object, verb: str) -> str:
    return reverse(f"admin:scheduling_{noun}_do", args=(pk, verb))


def trigger_place(trigger: Trigger) -> str:
    noun = KINDS.get(TriggerKind(trigger.kind))
    return page_of(noun, trigger.pk) if noun else ""


def list_of(noun: str, **filters: str) -> str:
    """The rows of a noun that fit, such as `list_of("schedule", state="paused")`."""
    return _with(reverse(f"admin:scheduling_{noun}_changelist"), filters)


def add_place(noun: str, **filled: str) -> str:
    """An empty form, but for what is said here."""
    return _with(reverse(f"admin:scheduling_{noun}_add"), filled)


def _with(place: str, said: dict[str, str]) -> str:
    return f"{place}?{urlencode(said)}" if said else place


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
