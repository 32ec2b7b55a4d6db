"""The two shapes of every resource: what may be sent (Request) and what is answered (Answer)."""

from collections.abc import Iterator, Mapping
from itertools import islice
from threading import local
from typing import Any
from weakref import proxy

from django.utils.functional import cached_property
from rest_framework import serializers

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.bodies import steps
from rdos.kernel.errors import InvalidInput, InvalidQuery

MOST_PROBLEMS = 50

# DRF's codes for "this is missing, or not of the type it should be".
# What the strict fields say is a word of Tafy's already.
STRICT_CODES = frozenset(
    {"string_type", "string_pattern_mismatch", "dict_type", "list_type", "bool_type", "bool_parsing", "enum"}
)
SHAPE_CODES = STRICT_CODES | {"required", "null", "invalid", "invalid_choice", "not_a_list", "not_a_dict", "blank"}


class _Kept(local):
    """The fields of each kind of request, for each thread."""

    def __init__(self) -> None:
        self.fields: dict[type, dict[str, Any]] = {}


_kept = _Kept()


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


class RequestSerializer(serializers.Serializer[Any]):
    """What a client may send. Unknown fields are ignored; camelCase is read where the accent speaks it."""

    @cached_property
    def fields(self) -> Any:
        """Copied once for each thread and not for each request: that cost more than what is done with them."""
        if self.root is not self or not hasattr(self, "initial_data"):
            return super().fields
        kept = _kept.fields.get(type(self))
        if kept is None:
            kept = _kept.fields[type(self)] = dict(super().fields)
        for field in kept.values():
            # Without holding it, since what was sent may be large and must not stay until the next is sent.
            field.parent = proxy(self)
        return kept

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and _speaks_camel(self):
            names = [str(name) for name in self.fields]
            data = {**data, **{name: data[camel(name)] for name in names if camel(name) in data}}
        return super().to_internal_value(data)


class AnswerSerializer(serializers.Serializer[Any]):
    """What the hub answers. Only declared names change their case; what users stored is never touched."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        data = super().to_representation(instance)
        return {camel(name): value for name, value in data.items()} if _speaks_camel(self) else data


def shaped(request: object, row: Mapping[str, Any]) -> dict[str, Any]:
    """A flat row that needs no serializer, as hot answers and long lists do."""
    return {camel(name): value for name, value in row.items()} if accent_of(request).camel_case else dict(row)


def _speaks_camel(serializer: serializers.BaseSerializer[Any]) -> bool:
    return accent_of(serializer.context.get("request")).camel_case


def checked(serializer: serializers.BaseSerializer[Any], *, query: bool = False) -> dict[str, Any]:
    """The validated data, or our own refusal that names every field."""
    if serializer.is_valid():
        data: dict[str, Any] = serializer.validated_data
        return data
    # A list of ten thousand wrong items is told by its first.
    found = list(islice(_problems(serializer.errors), MOST_PROBLEMS))
    wire = camel if _speaks_camel(serializer) and not query else str
    errors: dict[str, list[str]] = {}
    for name, detail in found:
        errors.setdefault(wire(name), []).append(str(detail))
    kinds = {wire(name): _kind(getattr(detail, "code", "")) for name, detail in found}
    refusal = InvalidQuery if query else InvalidInput
    raise refusal(
        errors=errors,
        kinds=kinds,
        given=_given(serializer, [name for name, _ in found]),
        misshapen=any(getattr(detail, "code", "") in SHAPE_CODES for _, detail in found),
    )


def _problems(errors: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(errors, Mapping):
        for key, value in errors.items():
            yield from _problems(value, f"{name}.{key}" if name else str(key))
    elif isinstance(errors, list):
        for value in errors:
            yield from _problems(value, name)
    else:
        yield name.removesuffix(".non_field_errors") or "__root__", errors


def _kind(code: str) -> str:
    if code in STRICT_CODES:
        return code
    return {
        "required": "missing",
        "blank": "string_too_short",
        "min_length": "string_too_short",
        "max_length": "string_too_long",
        "min_value": "greater_than_equal",
        "max_value": "less_than_equal",
        "invalid_choice": "enum",
        "not_a_dict": "dict_type",
        "not_a_list": "list_type",
        "null": "none_required",
    }.get(code, "value_error")


# A refused secret is not repeated to whoever reads the answer or its log.
NEVER_ECHOED = ("password", "secret", "token", "key", "otp")


def _given(serializer: serializers.BaseSerializer[Any], names: list[str]) -> dict[str, Any]:
    sent = serializer.initial_data
    if not isinstance(sent, Mapping):
        return {}
    safe = [name for name in names if not any(word in name.lower() for word in NEVER_ECHOED)]
    return {name: value for name in safe if (value := _inside(sent, name)) is not None}


def _inside(sent: Any, name: str) -> Any:
    """What lies there, however deep; nothing where the way ends earlier."""
    for step in steps(name):
        if isinstance(sent, Mapping):
            sent = sent.get(str(step))
        elif isinstance(sent, list) and isinstance(step, int) and step < len(sent):
            sent = sent[step]
        else:
            return None
    return sent
