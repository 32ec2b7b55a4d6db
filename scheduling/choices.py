"""The words of scheduling: what starts a flow, when, and what came of it."""

from django.db.models import TextChoices


class TriggerKind(TextChoices):
    MANUAL = "manual", "By hand"
    SCHEDULE = "schedule", "Schedule"
    WEBHOOK = "webhook", "Webhook"
    EVENT = "event", "Event"


class Timing(TextChoices):
    CRON = "cron", "Cron expression"
    INTERVAL = "interval", "Every so often"
    ONCE = "once", "Once"


class Misfire(TextChoices):
    """What becomes of due times that passed while nobody looked."""

    SKIP = "skip", "None of them is made up for"
    RUN_ONCE = "run_once", "The latest of them is made up for"
    RUN_ALL = "run_all", "All of them are made up for, the oldest first"


class Overlap(TextChoices):
    """What happens when the run before is not over yet."""

    ALLOW = "allow", "Both run"
    SKIP = "skip", "The new one is left out"
    QUEUE = "queue", "The new one waits until the other is over"
    CANCEL = "cancel_previous", "The other is cancelled"


class Source(TextChoices):
    CLOCK = "clock", "On time"
    CATCH_UP = "catch_up", "Made up for"
    BACKFILL = "backfill", "Backfill"
    HAND = "hand", "By hand"
    WEBHOOK = "webhook", "Webhook"
    REDELIVERY = "redelivery", "Delivered again"
    EVENT = "event", "Event"


# A due time of a schedule goes off once, whichever of these it was.
OF_A_DUE_TIME = (Source.CLOCK, Source.CATCH_UP, Source.BACKFILL)


class Outcome(TextChoices):
    STARTED = "started", "Started a run"
    WAITING = "waiting", "Waits for the run before"
    SKIPPED = "skipped", "Left out"
    MISSED = "missed", "Missed"
    REFUSED = "refused", "Refused"
