"""Who keeps what nodes send: the takers of the kernel's sinks."""

from rdos.kernel import intake
from telemetry.services import events, log_lines, writer


def connect() -> None:
    intake.READINGS.taken_by(writer.take)
    intake.NODE_EVENTS.taken_by(events.take)
    intake.LOG_LINES.taken_by(log_lines.take)
