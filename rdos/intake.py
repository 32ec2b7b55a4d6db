"""Who keeps what nodes send: the takers of the kernel's sinks. What is carried to nodes; and who plans how a submitted
workflow is started."""

from pathlib import Path

from devices.services import carried, replies
from flows import interpreter
from flows.services import delivering, deployment_answers, reporting, submitting
from rdos.kernel import intake
from scheduling.services import submissions
from telemetry.services import events, log_lines, writer


def connect() -> None:
    carried.carry(carried.INTERPRETER, Path(interpreter.__file__).parent)
    intake.READINGS.taken_by(writer.take)
    intake.NODE_EVENTS.taken_by(events.take)
    intake.LOG_LINES.taken_by(log_lines.take)
    intake.NODE_CONFIGS.taken_by(reporting.take_configs)
    intake.frames(reporting.FRAME).taken_by(reporting.take_frames)
    replies.heard_by(delivering.PURPOSE, deployment_answers.answered)
    submitting.planned_by("scheduled", submissions.scheduled)
    submitting.planned_by("webhook", submissions.hooked)
