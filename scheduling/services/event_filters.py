"""What an event trigger has of its own: which entries of the journal it heeds."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flows.interpreter.errors import ExpressionError
from flows.interpreter.expressions import parse
from rdos.kernel.errors import InvalidInput
from scheduling.models import EventFilter, Trigger

FIELDS = ("actions", "severities", "labels", "condition", "debounce_seconds", "per_minute")
ACTION = re.compile(r"[a-z_*]+(\.[a-z_*]+)*")


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
    for action in row.actions:
        if not ACTION.fullmatch(str(action)):
            raise InvalidInput(errors={"actions": [f"{str(action)[:50]} is no action; write node.disconnected."]})
    if row.condition.strip():
        _insist_readable(row.condition)


def _insist_readable(condition: str) -> None:
    try:
        parse(condition)
    except ExpressionError as error:
        raise InvalidInput(errors={"condition": [str(error)]}) from error


def facts(trigger: Trigger) -> dict[str, Any]:
    found = EventFilter.objects.filter(pk=trigger.pk).first()
    return {name: getattr(found, name) for name in FIELDS} if found else {}
