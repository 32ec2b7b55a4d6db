"""What a schedule would do, as people read it: on its page, and beside the form while they type."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError
from scheduling.admin.moments import relative, utc, wall, zone_of
from scheduling.admin.places import page_of
from scheduling.admin.schedule_forms import ScheduleForm
from scheduling.admin.writing import named_here
from scheduling.models import Schedule
from scheduling.services import preview
from scheduling.services.preview import Fire, Load, Preview
from scheduling.timetable import SECOND

SHOWN = 10
MARKS = {
    "gap": "The clocks go forward: this wall time does not exist, so it goes off at the first one that does.",
    "fold": "The clocks go back: this wall time comes twice, and it goes off at the first of them.",
}
# Of the picture of an hour.
HEIGHT = 30


def of_saved(actor: Actor, schedule: Schedule, at: datetime) -> dict[str, Any]:
    try:
        return told(preview.saved(actor=actor, schedule=schedule, at=at, most=SHOWN), at)
    except DomainError as error:
        return {"faults": [("", error.detail)]}


def of_part(actor: Actor, part: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return told(preview.unsaved(actor=actor, part=part, at=at, most=SHOWN), at)


def of_form(actor: Actor, form: ScheduleForm, at: datetime) -> dict[str, Any]:
    """Of what is written now, whatever else of the form is still missing."""
    form.is_valid()
    if wrong := form.time_errors():
        return {"faults": [(label, text) for label, texts in wrong.items() for text in texts]}
    try:
        instead_of = form.row.pk if form.row else None
        found = preview.unsaved(actor=actor, part=form.whole(at), at=at, most=SHOWN, instead_of=instead_of)
    except DomainError as error:
        return {"faults": list(_faults(form, error))}
    return told(found, at)


def _faults(form: ScheduleForm, error: DomainError) -> Iterator[tuple[str, str]]:
    for name, texts in (named_here(form, error).errors or {"": [error.detail]}).items():
        label = str(form[name].label) if name in form.fields else ""
        yield from ((label, text) for text in texts)


def told(found: Preview, at: datetime) -> dict[str, Any]:
    return {
        "words": found.words[:1].upper() + found.words[1:],
        "zone": found.zone,
        "fires": [_fire(fire, found.zone, at) for fire in found.fires],
        "load": _bars(found.load),
        "busiest": max((one.others for one in found.load), default=0),
        "load_from": wall(found.load[0].minute, zone_of(found.zone)) if found.load else "",
        "considered": found.considered,
        "is_partial": found.is_partial,
    }


def _fire(fire: Fire, zone: str, at: datetime) -> dict[str, Any]:
    return {
        "key": fire.due_at.isoformat(),
        "local": wall(fire.due_at, zone_of(zone)),
        "abbreviation": f"{fire.local:%Z}",
        "utc": utc(fire.due_at),
        "relative": relative(fire.due_at, at),
        "later": _later(fire, zone),
        "mark": fire.mark,
        "mark_text": MARKS.get(fire.mark, ""),
        "excluded": fire.excluded,
        "others": fire.others,
        "named": [(name, page_of("schedule", pk)) for pk, name in fire.named],
        "unnamed": fire.others - len(fire.named),
    }


def _later(fire: Fire, zone: str) -> str:
    """Without the day, unless it is another one."""
    if fire.runs_at is None or fire.runs_at - fire.due_at < SECOND:
        return ""
    there = fire.runs_at.astimezone(zone_of(zone))
    return f"{there:%H:%M:%S}" if there.date() == fire.local.date() else wall(there, zone_of(zone))


def _bars(load: Sequence[Load]) -> list[dict[str, int]]:
    most = max((one.others for one in load), default=0)
    heights = [round(HEIGHT * one.others / most) if most else 0 for one in load]
    return [
        {"x": place * 10, "y": HEIGHT - max(height, 1), "height": max(height, 1)}
        for place, height in enumerate(heights)
    ]
