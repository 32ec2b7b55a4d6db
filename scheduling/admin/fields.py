"""Fields of the forms of what starts flows."""

import json
from datetime import datetime
from typing import Any

import orjson
from django import forms

from flows.services import queueing
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import JsonField
from scheduling.admin.moments import seconds_of, span


class MomentInput(forms.TextInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"step": "1"})


class MomentField(forms.CharField):
    """What a wall shows; where that wall is, another field says."""

    widget = MomentInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, datetime) or not value:
            return value or None
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise forms.ValidationError("Write a day and a time, such as 2026-12-24 18:00.") from error
        if found.tzinfo is not None:
            raise forms.ValidationError("Without an offset: it is read in the time zone that is chosen.")
        return found.replace(microsecond=0)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


class SpanField(forms.CharField):
    """How long something lasts: “90 s”, “15 min”, “1 h 30 min”, “2 days”."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> Any:
        if value in (None, ""):
            return None
        seconds = value if isinstance(value, int) else seconds_of(str(value))
        if seconds is None:
            raise forms.ValidationError("Write how long, such as 90 s, 15 min, 2 h, or 1 day.")
        if not self.least <= seconds <= self.most:
            raise forms.ValidationError(f"From {span(self.least)} to {span(self.most)}.")
        return seconds

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def prepare_value(self, value: Any) -> Any:
        return span(value) if isinstance(value, int) else value


class InputField(JsonField):
    """Any JSON; empty is nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kind=object, rows=3, required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        try:
            text = queueing.text_of(found)
        except DomainError as error:
            raise forms.ValidationError(error.detail) from error
        if text is not None and orjson.loads(text) != found:
            raise forms.ValidationError("It holds a NUL, half a character, or a number that no database keeps.")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except forms.ValidationError:
            return True


def written_input(value: Any) -> str:
    """As the field shows it: a text in its quotes too."""
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
