"""The words of telemetry: how much something matters."""

from django.db.models import TextChoices


class Severity(TextChoices):
    INFO = "info", "Info"
    MINOR = "minor", "Minor"
    WARNING = "warning", "Warning"
    MAJOR = "major", "Major"
    CRITICAL = "critical", "Critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)

    @classmethod
    def heard(cls, word: str) -> "Severity":
        """Nodes invent words; an event with a strange one is still an event."""
        return cls(word) if word in cls else cls.INFO


# These wait for somebody to acknowledge them.
ALARMS = (Severity.MINOR, Severity.WARNING, Severity.MAJOR, Severity.CRITICAL)


class LogLevel(TextChoices):
    DEBUG = "debug", "Debug"
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"
    CRITICAL = "critical", "Critical"

    @classmethod
    def heard(cls, word: str) -> "LogLevel":
        known = word.lower()
        return cls(known) if known in cls else OTHER_LEVELS.get(known, cls.INFO)

    def and_worse(self) -> list["LogLevel"]:
        return list(LogLevel)[list(LogLevel).index(self) :]


OTHER_LEVELS = {
    "trace": LogLevel.DEBUG,
    "warn": LogLevel.WARNING,
    "err": LogLevel.ERROR,
    "fatal": LogLevel.CRITICAL,
}
