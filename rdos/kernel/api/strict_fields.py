"""Fields that turn nothing into something else, and call what is wrong by the words of Tafy's clients."""

from typing import Any, NoReturn

from rest_framework import serializers

from rdos.kernel.bus import subjects


class Text(serializers.CharField):
    """A number is no text here, and blanks around one belong to it."""

    default_error_messages = {"string_type": "Input should be a valid string."}

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        _refuse_null(self, data, "string_type")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("string_type")
        return super().to_internal_value(data)


class Key(Text):
    """The name of a node: it becomes a part of a subject."""

    default_error_messages = {"string_pattern_mismatch": "1–64 letters, digits, `_` and `-`."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if len(text) <= 64 and not subjects.is_part(text):
            self.fail("string_pattern_mismatch")
        return text


class Object(serializers.DictField):
    default_error_messages = {"dict_type": "Input should be a valid dictionary."}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        _refuse_null(self, data, "dict_type")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("dict_type")
        # As it was sent: what is inside is nobody's business here.
        return data


class Words(serializers.ListField):
    default_error_messages = {"list_type": "Input should be a valid list."}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        _refuse_null(self, data, "list_type")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("list_type")
        return super().to_internal_value(data)


# What Tafy's clients may write, in capitals or not.
YES = frozenset({"true", "t", "yes", "y", "on", "1"})
NO = frozenset({"false", "f", "no", "n", "off", "0"})


class Flag(serializers.BooleanField):
    default_error_messages = {
        "bool_parsing": "Input should be a valid boolean, unable to interpret input.",
        "bool_type": "Input should be a valid boolean.",
    }

    def run_validation(self, data: Any = serializers.empty) -> Any:
        _refuse_null(self, data, "bool_type")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, str | int | float):
            self.fail("bool_type")
        word = data.lower() if isinstance(data, str) else str(int(data)) if data in (0, 1) else ""
        if word not in YES | NO:
            self.fail("bool_parsing" if isinstance(data, str | int) else "bool_type")
        return word in YES


class Word(serializers.ChoiceField):
    """One of a few, exactly as they are written."""

    default_error_messages = {"enum": "Input should be one of these: {choices}."}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None and not self.allow_null:
            self._refuse()
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self._refuse()
        return data

    def _refuse(self) -> NoReturn:
        self.fail("enum", choices=", ".join(self.choices))


def _refuse_null(field: serializers.Field[Any, Any, Any, Any], data: Any, word: str) -> None:
    if data is None and not field.allow_null:
        field.fail(word)
