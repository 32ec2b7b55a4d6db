from telemetry.models.event import Event
from telemetry.models.log_line import LogLine
from telemetry.models.sample import Sample
from telemetry.models.series import LastValue, Series

__all__ = ["Event", "LastValue", "LogLine", "Sample", "Series"]
