"""What the forms of every app's pages are made of."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms

PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class PageForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))


def _lines(value: Any) -> list[str]:
    """Of what was read, no validator sees the text any more."""
    text = value or ""
    if "\0" in text:
        raise forms.ValidationError("Null characters are not allowed.")
    return [line for line in text.splitlines() if line.strip()]


class LabelsField(forms.CharField):
    """One label a line, as `name: value`."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        pairs = [line.partition(":") for line in _lines(value)]
        return {name.strip(): text.strip() for name, _, text in pairs}

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, Mapping) else value


class WordsField(forms.CharField):
    """One word a line."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in _lines(value)]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class JsonField(forms.CharField):
    """An object or a list; a mistake is told by its line."""

    widget = forms.Textarea

    def __init__(self, *, kind: type = dict, rows: int = 6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.widget.attrs |= {"rows": rows, "spellcheck": "false", "class": "c-code"}

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from error
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("This is no JSON that the hub can read.") from error
        if not isinstance(found, self.kind):
            raise forms.ValidationError(f"This must be {'a list' if self.kind is list else 'an object in braces'}.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else json.dumps(value, indent=2, ensure_ascii=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True
