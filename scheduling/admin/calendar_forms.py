"""What people say of a calendar: days and hours, one a line."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from rdos.kernel.forms import PLAIN, PageForm, WordsField
from scheduling import cron
from scheduling.admin import windows
from scheduling.admin.moments import zone_of
from scheduling.errors import InvalidZone
from scheduling.models import Calendar
from scheduling.particulars import LONGEST_CALENDAR_NAME, LONGEST_DESCRIPTION, LONGEST_ZONE, MOST_DAYS, MOST_WINDOWS

ROWS = {"rows": 6, "spellcheck": "false", "class": "c-code"}


class CalendarForm(PageForm):
    name = forms.CharField(max_length=LONGEST_CALENDAR_NAME, widget=forms.TextInput(PLAIN))
    description = forms.CharField(required=False, max_length=LONGEST_DESCRIPTION, widget=forms.TextInput(PLAIN))
    zone = forms.CharField(
        label="Time zone",
        max_length=LONGEST_ZONE,
        widget=forms.TextInput({"list": "zones", **PLAIN}),
        help_text="Its days begin at midnight there. Type a part of its name.",
    )
    days = WordsField(
        label="Days left out",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="One a line: 2026-12-24; 12-25 for every year; or 2026-12-24/2027-01-06.",
    )
    windows = WordsField(
        label="Hours left out",
        required=False,
        widget=forms.Textarea(ROWS),
        help_text="One a line: Mon-Fri 22:00–02:00; daily 12:00–13:00; or 2026-12-24 18:00 to 2026-12-25 06:00.",
    )

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        for name, most in (("days", MOST_DAYS), ("windows", MOST_WINDOWS)):
            if len(data.get(name) or ()) > most:
                self.add_error(name, f"At most {most}.")
        zone = self._zone(data.get("zone", ""))
        if zone and "windows" not in self.errors:
            data["windows"] = self._windows(data.get("windows") or [], zone)
        return data

    def _zone(self, name: str) -> ZoneInfo | None:
        try:
            return cron.zone(name) if name else None
        except InvalidZone as error:
            self.add_error("zone", error.detail)
            return None

    def _windows(self, lines: list[str], zone: ZoneInfo) -> list[dict[str, Any]]:
        found = []
        for line in lines:
            try:
                found.append(windows.read(line, zone))
            except windows.Unreadable as error:
                self.add_error("windows", str(error))
        return found


def initial(row: Calendar | None) -> dict[str, Any]:
    if row is None:
        return {"zone": "UTC"}
    zone = zone_of(row.zone)
    lines = [windows.line_of(window, zone) for window in row.windows]
    same = {name: getattr(row, name) for name in ("name", "description", "zone")}
    return same | {"days": [str(day) for day in row.days], "windows": lines}
