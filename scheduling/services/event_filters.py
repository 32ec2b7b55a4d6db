"""What an event trigger has of its own: which entries of the journal it heeds."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flows.interpreter.errors import ExpressionError
from flows.interpreter.expressions import parse
from flows.interpreter.references import NAME
from flows.interpreter.tree import Reference
from rdos.kernel.errors import InvalidInput
from scheduling import patterns
from scheduling.models import EventFilter, Trigger
from scheduling.services import severities
from scheduling.services.happenings import NAMES
from scheduling.services.restraint import MOST_PER_MINUTE

FIELDS = ("actions", "severities", "labels", "condition", "debounce_seconds", "per_minute")
MOST_WORDS = 50
LONGEST_CONDITION = 1000
# A week.
LONGEST_DEBOUNCE = 7 * 86_400


def make(trigger: Trigger, part: Mapping[str, Any], at: datetime) -> EventFilter:
    found = EventFilter(trigger=trigger)
    _set(found, part)
    found.save(force_insert=True)
    return found


def change(trigger: Trigger, part: Mapping[str, Any], at: datetime) -> None:
    found = EventFilter.objects.select_for_update().get(pk=trigger.pk)
    _set(found, part)
    found.save()


def _set(row: EventFilter, part: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in part:
            setattr(row, name, part[name])
    for name, complaint in COMPLAINTS.items():
        if said := complaint(getattr(row, name)):
            raise InvalidInput(errors={name: [said]})


def _actions(said: Any) -> str:
    if not isinstance(said, list) or len(said) > MOST_WORDS:
        return f"This is a list of at most {MOST_WORDS} actions."
    strange = next((action for action in said if not patterns.is_sound(action)), None)
    return "" if strange is None else f"{str(strange)[:50]} is no action; write node.disconnect or execution.*"


def _severities(said: Any) -> str:
    if not isinstance(said, list):
        return "This is a list of severities."
    strange = next((word for word in said if word not in severities.words()), None)
    return "" if strange is None else f"{str(strange)[:50]} is none of {', '.join(severities.words())}."


def _labels(said: Any) -> str:
    if not isinstance(said, dict) or len(said) > MOST_WORDS:
        return f"These are at most {MOST_WORDS} names of labels, each with its value."
    return "" if all(isinstance(value, str) for value in said.values()) else "The value of a label is a text."


def _condition(said: Any) -> str:
    if not isinstance(said, str) or len(said) > LONGEST_CONDITION:
        return f"A condition is a text of at most {LONGEST_CONDITION} characters."
    if not said.strip():
        return ""
    try:
        strange = _names_in(parse(said)) - {*NAMES}
    except ExpressionError as error:
        return f"{error} (at character {error.position + 1})"
    return f"Nothing is named {min(strange)} here; there are {', '.join(NAMES)}." if strange else ""


def _names_in(part: Any) -> set[str]:
    """What an expression refers to, each by the name that its path begins with."""
    if isinstance(part, Reference):
        name = NAME.match(part.path)
        return {name[0].strip() if name else part.path}
    inside = part if isinstance(part, tuple) else [getattr(part, name) for name in getattr(part, "__match_args__", ())]
    return {name for one in inside for name in _names_in(one)}


def _debounce(said: Any) -> str:
    sound = isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= LONGEST_DEBOUNCE
    return "" if sound else f"Seconds, from 0 to {LONGEST_DEBOUNCE}."


def _per_minute(said: Any) -> str:
    if said is None:
        return ""
    sound = isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= MOST_PER_MINUTE
    return "" if sound else f"From 1 to {MOST_PER_MINUTE}, or nothing."


# What is wrong with what was said, in words; nothing, if it is sound.
COMPLAINTS: dict[str, Callable[[Any], str]] = {
    "actions": _actions,
    "severities": _severities,
    "labels": _labels,
    "condition": _condition,
    "debounce_seconds": _debounce,
    "per_minute": _per_minute,
}


def facts(trigger: Trigger) -> dict[str, Any]:
    found = EventFilter.objects.filter(pk=trigger.pk).first()
    return {name: getattr(found, name) for name in FIELDS} if found else {}
