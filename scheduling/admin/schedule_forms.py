"""What people say of a schedule: when, in which zone, and what becomes of what was missed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from rdos.kernel.actors import Actor
from rdos.kernel.forms import PLAIN
from scheduling import cron
from scheduling.admin.fields import MomentField, SpanField
from scheduling.admin.moments import zone_of
from scheduling.admin.trigger_forms import RUNS, TriggerForm, initial_of
from scheduling.choices import Misfire, Overlap, Timing
from scheduling.errors import InvalidZone
from scheduling.models import Calendar, Schedule
from scheduling.particulars import (
    EARLIEST,
    LATEST,
    LONGEST_CRON,
    LONGEST_DAY,
    LONGEST_SPAN,
    LONGEST_ZONE,
    MOST_CALENDARS,
)
from scheduling.services.schedules import FIELDS

# What is asked of each timing.
OF_TIMING = {Timing.CRON: ("cron",), Timing.INTERVAL: ("every_seconds", "anchor"), Timing.ONCE: ("moment",)}
MOMENTS = ("anchor", "moment", "starts_at", "ends_at")
POLICIES = ("misfire", "catch_up_seconds", "overlap", "jitter_seconds")
SAME = ("timing", "zone", "starts_at", "ends_at", "calendars", *POLICIES)
TIMES = ("timing", "cron", "every_seconds", "anchor", "moment", *SAME[1:])
USUAL = {"timing": Timing.CRON, "cron": "0 9 * * MON-FRI", "zone": "UTC"}


def _for(timing: str, **attrs: str) -> dict[str, str]:
    return {"data-for": timing, **PLAIN, **attrs}


class ScheduleForm(TriggerForm):
    timing = forms.ChoiceField(
        label="Timing", choices=Timing.choices, widget=forms.Select({"data-chooses": ""}), initial=Timing.CRON
    )
    cron = forms.CharField(
        label="Cron expression",
        required=False,
        max_length=LONGEST_CRON,
        widget=forms.TextInput(_for("cron", **{"class": "c-code"})),
        help_text="Minute, hour, day of the month, month, weekday; maybe seconds. Or @daily and its like.",
    )
    every_seconds = SpanField(
        label="Every",
        required=False,
        least=1,
        most=LONGEST_SPAN,
        widget=forms.TextInput(_for("interval")),
        help_text="Such as 30 s, 15 min, 1 h 30 min, or 2 days.",
    )
    anchor = MomentField(label="Counted from", required=False, help_text="Empty: from now on.")
    moment = MomentField(label="At", required=False)
    zone = forms.CharField(
        label="Time zone",
        max_length=LONGEST_ZONE,
        widget=forms.TextInput({"list": "zones", **PLAIN}),
        help_text="Type a part of its name. All moments here are what the clock there shows.",
    )
    starts_at = MomentField(label="Not before", required=False)
    ends_at = MomentField(label="Not after", required=False)
    calendars = forms.MultipleChoiceField(
        label="Left out by", required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    misfire = forms.ChoiceField(label="Of due times that were missed", choices=Misfire.choices)
    catch_up_seconds = SpanField(
        label="Made up for, at most so late", least=0, most=LONGEST_SPAN, help_text="What is older stays missed."
    )
    overlap = forms.ChoiceField(label="When the run before is not over", choices=Overlap.choices)
    jitter_seconds = SpanField(
        label="Spread over",
        least=0,
        most=LONGEST_DAY,
        help_text="It goes off up to so much later than due, always by its own share.",
    )

    SECTIONS = (
        ("What it starts", ("flow", "name"), ""),
        ("When", ("timing", "cron", "every_seconds", "anchor", "moment", "zone", "starts_at", "ends_at"), ""),
        ("Days and hours left out", ("calendars",), "Calendars whose days and windows it heeds"),
        (
            "When it is late, or the run before is not over",
            POLICIES,
            "What was missed, overlaps, spreading",
        ),
        ("What its runs are given", RUNS, "Input, priority, environment, and when it gives up"),
    )

    def __init__(self, actor: Actor, row: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, row, *args, **kwargs)
        for name, timing in (("anchor", Timing.INTERVAL), ("moment", Timing.ONCE)):
            self.fields[name].widget.attrs["data-for"] = timing
        rows = Calendar.objects.order_by("name").values_list("pk", "name")
        self.fields["calendars"].choices = [(str(pk), name) for pk, name in rows]  # type: ignore[attr-defined]

    def clean_calendars(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["calendars"]
        if len(chosen) > MOST_CALENDARS:
            raise forms.ValidationError(f"At most {MOST_CALENDARS}.")
        return chosen

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        zone = self._zone(data.get("zone", ""))
        for name in MOMENTS:
            if zone and data.get(name):
                data[name] = self._instant(name, data[name], zone)
        return data

    def _zone(self, name: str) -> ZoneInfo | None:
        try:
            return cron.zone(name) if name else None
        except InvalidZone as error:
            self.add_error("zone", error.detail)
            return None

    def _instant(self, name: str, wall: datetime, zone: ZoneInfo) -> datetime | None:
        found = wall.replace(tzinfo=zone)
        if not EARLIEST <= found <= LATEST:
            self.add_error(name, "A moment between 1970 and 2200.")
            return None
        return found

    def part(self, at: datetime) -> dict[str, Any]:
        """Of the chosen timing only. In another zone, a moment that is written the same is another one."""
        timing = self.cleaned_data["timing"]
        names = [*SAME, *OF_TIMING[timing]]
        said = self.said(names)
        if {"zone", "timing"} & set(said):
            said |= {name: self.cleaned_data[name] for name in MOMENTS if name in names and name in self.cleaned_data}
        if "moment" in said:
            said["anchor"] = said.pop("moment")
        elif "anchor" in said:
            said["anchor"] = said["anchor"] or at
        return said

    def whole(self, at: datetime) -> dict[str, Any]:
        """As it would be saved, with what is not said here."""
        kept = {} if self.row is None else {name: getattr(self.row, name) for name in FIELDS} | _heeded(self.row)
        return kept | self.part(at)

    def time_errors(self) -> dict[str, list[str]]:
        return {
            str(self[name].label): [str(said) for said in self.errors[name]] for name in TIMES if name in self.errors
        }

    def named_here(self, name: str) -> str:
        return "moment" if name == "anchor" and self.cleaned_data.get("timing") == Timing.ONCE else name


def _heeded(schedule: Schedule) -> dict[str, Any]:
    return {"calendars": list(schedule.calendars.values_list("pk", flat=True))}


def initial(schedule: Schedule | None) -> Mapping[str, Any]:
    row = schedule or Schedule(**USUAL)
    zone = zone_of(row.zone)
    found = {name: getattr(row, name) for name in FIELDS}
    found["moment"] = row.anchor
    for name in MOMENTS:
        if found[name]:
            found[name] = found[name].astimezone(zone).replace(tzinfo=None)
    if schedule is None:
        return found
    heeded = [str(pk) for pk in _heeded(schedule)["calendars"]]
    return {**initial_of(schedule.trigger), **found, "calendars": heeded}
