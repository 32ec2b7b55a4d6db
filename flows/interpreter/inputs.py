"""What a node's function may ask for: connected data first, then its config with references filled in."""

from collections.abc import Collection, Mapping
from typing import Any

from .bounds import Bounds
from .errors import StepError
from .expressions import evaluate
from .references import Names, filled
from .values import describe, is_number, number_in, parsed, truth
from .writing import written

REQUIRED: Any = object()


class Inputs:
    """Every question takes the field's names, the proper one first, and a default for when nothing is given."""

    def __init__(
        self,
        config: Mapping[str, Any],
        wired: Mapping[str, Any],
        names: Names,
        bounds: Bounds,
        *,
        memory: dict[str, Any] | None = None,
        loop: str = "",
        ports: Collection[str] = (),
    ) -> None:
        self.config, self.wired, self.names, self.bounds = config, wired, names, bounds
        # What a loop remembers or a catch is told; the innermost open loop; the ports that flow leaves by.
        self.memory, self.loop, self.ports = memory, loop, ports

    def has(self, *fields: str) -> bool:
        return any(self.wired.get(one) is not None or self.config.get(one) is not None for one in fields)

    def get(self, *fields: str, default: Any = REQUIRED) -> Any:
        for one in fields:
            if one in self.wired:
                return self.wired[one]
        for one in fields:
            if self.config.get(one) is not None:
                return filled(self.config[one], self.names, self.bounds)
        if default is REQUIRED:
            raise StepError(f"{fields[0]} is missing.")
        return default

    def raw(self, *fields: str) -> Any:
        """As the config has it, for those who fill it in by themselves."""
        return next((self.config[one] for one in fields if self.config.get(one) is not None), None)

    def text(self, *fields: str, default: Any = REQUIRED) -> str:
        value = self.get(*fields, default=default)
        return written("" if value is None else value, self.bounds)

    def word(self, *fields: str, default: str = "") -> str:
        return self.text(*fields, default=default).strip().lower()

    def name(self, *fields: str) -> str:
        found = self.text(*fields).strip()
        if not found or len(found) > 256 or "{" in found or "}" in found:
            raise StepError(f"{fields[0]} must be a name of 1 to 256 characters, without braces.")
        return found

    def number(self, *fields: str, default: Any = REQUIRED) -> Any:
        value = self.get(*fields, default=default)
        if value is None or value == "":
            value = self._without(fields, default)
        found = number_in(value.strip()) if isinstance(value, str) else value
        if not is_number(found):
            raise StepError(f"{fields[0]} must be a number, and is {describe(value)}.", "TypeError")
        return found

    def integer(self, *fields: str, default: Any = REQUIRED) -> int:
        found = self.number(*fields, default=default)
        if found != int(found):
            raise StepError(f"{fields[0]} must be a whole number.")
        return int(found)

    def maybe_integer(self, *fields: str) -> int | None:
        return self.integer(*fields) if self.has(*fields) and self.get(*fields) != "" else None

    def flag(self, *fields: str, default: bool = False) -> bool:
        return truth(self.get(*fields, default=default))

    def items(self, *fields: str, default: Any = REQUIRED) -> list[Any]:
        found = self._structure(list, fields, default)
        return found if isinstance(found, list) else []

    def mapping(self, *fields: str, default: Any = REQUIRED) -> dict[str, Any]:
        found = self._structure(dict, fields, default)
        return found if isinstance(found, dict) else {}

    def numbered(self, field: str) -> list[str]:
        """The names `field_1`, `field_2`… that are given, in the order of their numbers."""
        given = {name: name.removeprefix(f"{field}_") for name in [*self.wired, *self.config] if self.has(name)}
        counted = {name: int(end) for name, end in given.items() if end.isdecimal() and len(end) < 7}
        return sorted((name for name in counted if name.startswith(f"{field}_")), key=counted.__getitem__)

    def condition(self, *fields: str) -> bool:
        if "condition" in self.wired:
            return truth(self.wired["condition"])
        return truth(self.expression(*fields, "condition"))

    def expression(self, *fields: str) -> Any:
        given = self.raw(*fields)
        if given is None:
            raise StepError(f"{fields[0]} is missing.")
        return evaluate(given, self.names, self.bounds) if isinstance(given, str) else given

    def _structure(self, kind: type[Any], fields: tuple[str, ...], default: Any) -> Any:
        value = self.get(*fields, default=default)
        if isinstance(value, str):
            value = _parsed(value)
        if value is None:
            value = self._without(fields, default)
        if not isinstance(value, kind):
            raise StepError(f"{fields[0]} must be {describe(kind())}, and is {describe(value)}.", "TypeError")
        return value

    def _without(self, fields: tuple[str, ...], default: Any) -> Any:
        if default is REQUIRED:
            raise StepError(f"{fields[0]} is missing.")
        return default


def _parsed(text: str) -> Any:
    """Forms have only texts, so a list or an object may come as JSON."""
    try:
        return parsed(text) if text.strip() else None
    except ValueError:
        return text
