"""The shapes of calendars on the wire."""

from typing import Any

from rest_framework import serializers

from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import AnswerSerializer, RequestSerializer
from scheduling.particulars import LONGEST_CALENDAR_NAME, LONGEST_DESCRIPTION, LONGEST_ZONE, MOST_DAYS, MOST_WINDOWS

COLUMNS = ("id", "name", "description", "zone", "days", "windows", "created_at", "updated_at")


class CalendarFields(RequestSerializer):
    name = serializers.CharField(max_length=LONGEST_CALENDAR_NAME, required=False)
    description = serializers.CharField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=LONGEST_ZONE, required=False, help_text="An IANA name; UTC if unsaid.")
    days = serializers.ListField(
        child=serializers.CharField(max_length=50),
        max_length=MOST_DAYS,
        required=False,
        help_text="2026-12-24, 12-25 for every year, or 2026-12-24/2027-01-06.",
    )
    windows = serializers.ListField(
        child=serializers.DictField(),
        max_length=MOST_WINDOWS,
        required=False,
        help_text='{"weekdays": [1, 2], "from": "22:00", "to": "02:00"}, or from one instant to another.',
    )


class CreateCalendarRequest(CalendarFields):
    name = serializers.CharField(max_length=LONGEST_CALENDAR_NAME)


class UpdateCalendarRequest(CalendarFields):
    pass


class CalendarQuery(KeysetQuery):
    search = serializers.CharField(max_length=100, default="", allow_blank=True)


class CalendarSerializer(AnswerSerializer):
    """Describes what `row` makes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    timezone = serializers.CharField()
    days = serializers.ListField(child=serializers.CharField())
    windows = serializers.ListField(child=serializers.DictField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def fields_of(said: dict[str, Any]) -> dict[str, Any]:
    """In the words of the rows."""
    return {"zone" if name == "timezone" else name: value for name, value in said.items()}


def row(found: Any) -> dict[str, Any]:
    """Of a row of `values(*COLUMNS)`."""
    return {"timezone" if name == "zone" else name: found[name] for name in COLUMNS}
