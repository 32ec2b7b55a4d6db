"""What scheduling refuses."""

from rdos.kernel.errors import DomainError, InvalidInput, NotFound


class InvalidExpression(InvalidInput):
    """The cron expression is not valid."""

    code = "invalid_cron_expression"

    def __init__(self, why: str) -> None:
        # Casare's clients look for this beginning.
        super().__init__(f"Invalid cron expression: {why}")


class InvalidZone(InvalidInput):
    """The time zone is not known."""

    code = "invalid_time_zone"


class InvalidInterval(InvalidInput):
    """An interval is longer than nothing."""

    code = "invalid_interval"


class InvalidJitter(InvalidInput):
    """A jitter is never negative."""

    code = "invalid_jitter"


class InvalidCalendar(InvalidInput):
    """The calendar is not valid."""

    code = "invalid_calendar"


class CalendarNotFound(NotFound):
    """Calendar not found"""

    code = "calendar_not_found"


class CalendarNameTaken(Conflict):
    """Another calendar has this name."""

    code = "name_taken"


class TriggerNotFound(NotFound):
    """Trigger not found"""

    code = "trigger_not_found"


class ScheduleNotFound(NotFound):
    """Schedule not found"""

    code = "schedule_not_found"


class NeverDue(InvalidInput):
    """This schedule would never be due."""

    code = "never_due"


class NoToken(DomainError):
    """Can only regenerate token for webhook triggers"""

    code = "no_token"
