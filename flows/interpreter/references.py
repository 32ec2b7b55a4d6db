"""`{{name}}`, `{{node_id.output}}`, `{{orders[0].price}}`: where a text names a value."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .bounds import Bounds
from .errors import LimitExceeded, StepError
from .values import describe
from .writing import joined, written

INSIDE = r"\{\{\s*([^\s{}.\[\]\"':,][^{}]{0,299})\}\}"
REFERENCE = re.compile(INSIDE)
# A single brace is common in other texts (JSON, say), so only a plain path in it counts.
BRACES = re.compile(INSIDE + r"|\{([^\W\d]\w{0,255}(?:\.\w{1,255}){0,20})\}")
STEP = re.compile(r"\.\s*([^.\[\]]+)|\[\s*(?:\"([^\"]*)\"|'([^']*)'|(-?[0-9]{1,18}))\s*\]")
NAME = re.compile(r"[^.\[\]\"':,]+")

Names = Mapping[str, Any]


def look_up(path: str, names: Names) -> Any:
    """Names may hold hyphens and blanks, because ids of nodes do."""
    path = path.strip()
    if path in names:
        return names[path]
    name = NAME.match(path)
    if name is None or name[0].strip() not in names:
        raise StepError(f"Nothing is named {path} here.", "NameError")
    return walk(names[name[0].strip()], keys_in(path[name.end() :]))


def keys_in(path: str) -> Iterator[str | int]:
    """The steps of `.price[0]["net"]`."""
    at = 0
    while at < len(path):
        step = STEP.match(path, at)
        if step is None:
            raise StepError(f"The path {path} makes no sense.")
        at = step.end()
        dotted, double, single, index = step.groups()
        yield int(index) if index else dotted.strip() if dotted else double or single or ""


def walk(value: Any, keys: Iterator[str | int]) -> Any:
    for key in keys:
        value = item(value, key)
    return value


def item(value: Any, key: Any) -> Any:
    """By key from an object, by index from a list, and nothing else from anything else."""
    if isinstance(value, dict):
        if key not in value:
            raise StepError(f"The object has no key {key}.", "KeyError")
        return value[key]
    if isinstance(value, list):
        return _at(value, key)
    raise StepError(f"There is no {key} in {describe(value)}.", "TypeError")


def _at(value: list[Any], key: Any) -> Any:
    index = int(key) if isinstance(key, str) and len(key) < 19 and key.isdecimal() else key
    if not isinstance(index, int) or isinstance(index, bool):
        raise StepError("A list is read by a whole number.", "TypeError")
    if not -len(value) <= index < len(value):
        raise StepError(f"The list has {len(value)} items, and none at {index}.", "IndexError")
    return value[index]


def filled(value: Any, names: Names, bounds: Bounds) -> Any:
    """The value with what it refers to, looked up once: what is found is never searched for references again.

    Whatever is only a reference keeps its type.
    """
    return _Filling(names, bounds).fill(value)


class _Filling:
    """Counts the text it makes, for a short list can ask for a long text many times."""

    def __init__(self, names: Names, bounds: Bounds) -> None:
        self._names, self._bounds, self._made = names, bounds, 0

    def fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.fill(part) for part in value]
        if isinstance(value, dict):
            return {key: self.fill(part) for key, part in value.items()}
        return value

    def _text(self, text: str) -> Any:
        if alone := REFERENCE.fullmatch(text.strip()):
            return look_up(alone[1], self._names)
        made = fill_text(text, self._names, self._bounds)
        self._made += len(made)
        if self._made > self._bounds.total:
            raise LimitExceeded(f"The value is larger than {self._bounds.total:,} characters of JSON.")
        return made


def fill_text(text: str, names: Names, bounds: Bounds) -> str:
    if "{{" not in text:
        return text
    return joined(_pieces(REFERENCE, text, lambda match: written(look_up(match[1], names), bounds)), bounds)


def fill_braces(text: str, names: Names, bounds: Bounds) -> str:
    """Also `{name}`, which stays as it is when nothing has that name."""

    def found(match: re.Match[str]) -> str:
        if match[1]:
            return written(look_up(match[1], names), bounds)
        return written(look_up(match[2], names), bounds) if match[2].partition(".")[0] in names else match[0]

    return joined(_pieces(BRACES, text, found), bounds)


def _pieces(pattern: re.Pattern[str], text: str, found: Callable[[re.Match[str]], str]) -> Iterator[str]:
    at = 0
    for match in pattern.finditer(text):
        yield text[at : match.start()]
        yield found(match)
        at = match.end()
    yield text[at:]


def names_in(value: Any) -> Iterator[str]:
    """The names that a config refers to, without their paths."""
    if isinstance(value, str):
        for match in REFERENCE.finditer(value):
            name = NAME.match(match[1].strip())
            yield name[0].strip() if name else ""
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from names_in(part)
