from scheduling.models.calendar import Calendar
from scheduling.models.clock_sign import ClockSign
from scheduling.models.event_filter import EventFilter
from scheduling.models.firing import Firing
from scheduling.models.schedule import Schedule
from scheduling.models.trigger import Trigger
from scheduling.models.webhook import Webhook

__all__ = ["Calendar", "ClockSign", "EventFilter", "Firing", "Schedule", "Trigger", "Webhook"]
