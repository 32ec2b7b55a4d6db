"""What scheduling refuses."""

from rdos.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    UnsupportedMediaType,
)


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


class SwitchedOff(Conflict):
    """The trigger is switched off."""

    code = "switched_off"


class WebhookNotFound(NotFound):
    """Webhook not found"""

    code = "webhook_not_found"


class NoBilling(NotFound):
    """This hub has no billing, so that nothing listens here."""

    code = "no_billing"


class NoProof(NotAuthenticated):
    """Send the webhook's token as a bearer, or sign the delivery: its id alone opens nothing."""

    code = "no_proof"


class WrongSignature(NotAuthenticated):
    """The signature is missing or wrong."""

    code = "wrong_signature"


class WrongTimestamp(NotAuthenticated):
    """The timestamp is missing, or too far from the present."""

    code = "wrong_timestamp"


class SignatureUsed(Conflict):
    """This signature was used for another delivery: sign each with a timestamp of its own."""

    code = "signature_used"


class AddressRefused(Forbidden):
    """This webhook takes nothing from your address."""

    code = "address_refused"


class HeaderRefused(Forbidden):
    """A required header is missing or has another value."""

    code = "header_refused"


class ContentTypeRefused(UnsupportedMediaType):
    """The body is of another type than this webhook takes."""

    code = "content_type_refused"


class OwnerLostRight(Forbidden):
    """Whoever made this webhook may not start its flow any more."""

    code = "owner_lost_right"


class NothingToRedeliver(Conflict):
    """Nothing of this delivery is left that could be delivered again."""

    code = "nothing_to_redeliver"
