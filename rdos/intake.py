"""Who keeps what nodes send: the takers of the kernel's sinks. What is carried to nodes; who plans how a submitted
workflow is started, and who knows how severe an event is."""

from pathlib import Path

from devices.services import carried, replies
from flows import interpreter
from flows.services import delivering, deployment_answers, reporting, submitting
from rdos.kernel import intake
from scheduling.services import severities, submissions
from telemetry.choices import Severity
from telemetry.services import events, hub_events, log_lines, writer


def connect() -> None:
    carried.carry(carried.INTERPRETER, Path(interpreter.__file__).parent)
    intake.READINGS.taken_by(writer.take)
    intake.NODE_EVENTS.taken_by(events.take)
    intake.LOG_LINES.taken_by(log_lines.take)
    intake.NODE_CONFIGS.taken_by(reporting.take_configs)
    intake.frames(reporting.FRAME).taken_by(reporting.take_frames)
    severities.told_by(hub_events.severity_of, Severity.values)
    replies.heard_by(delivering.PURPOSE, deployment_answers.answered)
    submitting.planned_by("scheduled", submissions.scheduled)
    submitting.planned_by("webhook", submissions.hooked)
