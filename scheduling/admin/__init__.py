"""What starts flows, in the console."""

from scheduling.admin import calendars, event_filters, firings, schedules, webhooks

__all__ = ["calendars", "event_filters", "firings", "schedules", "webhooks"]
