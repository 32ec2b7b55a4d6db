"""How triggers and what came of them look: shape, colour and word."""

from datetime import datetime

from django.utils.safestring import SafeString

from flows.choices import ExecutionStatus
from rdos.kernel.console import badge
from scheduling.choices import Outcome
from scheduling.models import Schedule, Trigger
from scheduling.services.lateness import LATE

RUNS = {
    ExecutionStatus.QUEUED: "info",
    ExecutionStatus.CLAIMED: "info",
    ExecutionStatus.RUNNING: "info",
    ExecutionStatus.WAITING: "info",
    ExecutionStatus.SUCCEEDED: "good",
    ExecutionStatus.FAILED: "bad",
    ExecutionStatus.TIMED_OUT: "bad",
    ExecutionStatus.CANCELLED: "idle",
}
OUTCOMES = {
    Outcome.STARTED: "good",
    Outcome.WAITING: "info",
    Outcome.SKIPPED: "warn",
    Outcome.MISSED: "warn",
    Outcome.REFUSED: "bad",
}
SHORT = {Outcome.STARTED: "Started", Outcome.WAITING: "Waits"}


def trigger_badge(trigger: Trigger) -> SafeString:
    if trigger.is_enabled:
        return badge("good", "On")
    return badge("bad", "Paused by the hub") if trigger.paused_reason else badge("idle", "Off")


def schedule_badge(schedule: Schedule, at: datetime) -> SafeString:
    if not schedule.trigger.is_enabled:
        return trigger_badge(schedule.trigger)
    if schedule.next_run_at is None:
        return badge("idle", "At its end")
    return badge("warn", "Late") if schedule.next_run_at < at - LATE else badge("good", "On")


def outcome_badge(outcome: str) -> SafeString:
    found = Outcome(outcome)
    return badge(OUTCOMES[found], SHORT.get(found, found.label))
