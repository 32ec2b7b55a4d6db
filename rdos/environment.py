"""Reads the declared variables: typed, with *_FILE for secrets, refusing what cannot be honoured."""

import os
from collections.abc import Collection, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from dotenv import dotenv_values

from rdos.variables import VARIABLES, Variable

PROJECT_DIR = Path(__file__).resolve().parent.parent
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


class Misconfigured(Exception):
    """The environment asks for something the hub cannot or will not do."""


def gather(environ: Mapping[str, str], project_dir: Path = PROJECT_DIR) -> dict[str, str]:
    """The process wins over .env, and .env over what a running `up` wrote for its neighbours."""
    from_dotenv = _file_values(project_dir / ".env")
    var_dir = environ.get("RDOS_VAR_DIR") or from_dotenv.get("RDOS_VAR_DIR") or str(project_dir / "var")
    return {**_file_values(Path(var_dir) / "hub.env"), **from_dotenv, **environ}


def _file_values(path: Path) -> dict[str, str]:
    try:
        return {key: value for key, value in dotenv_values(path, interpolate=False).items() if value is not None}
    except PermissionError:
        return {}


class Environment:
    """The declared variables and nothing else: an undeclared name is a programming error."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def raw(self, name: str) -> str | None:
        variable = VARIABLES[name]
        for spelling in (name, *variable.aliases):
            value = self._one(spelling, secret=variable.secret)
            if value not in (None, ""):
                return value
        return None

    def _one(self, name: str, *, secret: bool) -> str | None:
        if name in self._values or not secret or not self._values.get(f"{name}_FILE"):
            return self._values.get(name)
        try:
            return Path(self._values[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Misconfigured(f"{name}_FILE cannot be read: {error.strerror}.") from error

    def text(self, name: str) -> str:
        value = self.raw(name)
        return VARIABLES[name].default if value is None else value

    def flag(self, name: str) -> bool:
        word = self.text(name).strip().lower()
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
        raise Misconfigured(f"{name} must be true or false, not {word!r}.")

    def integer(self, name: str, *, least: int = 0) -> int:
        value = self.text(name)
        try:
            number = int(value)
        except ValueError as error:
            raise Misconfigured(f"{name} must be a whole number, not {value!r}.") from error
        if number < least:
            raise Misconfigured(f"{name} must be at least {least}, not {number}.")
        return number

    def words(self, name: str) -> list[str]:
        value = self.text(name).strip()
        inside = value[1:-1] if value.startswith("[") and value.endswith("]") else value
        return [word.strip().strip("\"'") for word in inside.split(",") if word.strip().strip("\"'")]

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        try:
            return [ip_network(text, strict=False) for text in self.words(name)]
        except ValueError as error:
            raise Misconfigured(f"{name} must list networks like 10.0.0.0/8: {error}.") from error

    def pairs(self, name: str, *, among: Collection[str]) -> dict[str, str]:
        split = [text.partition("=") for text in self.words(name)]
        for key, _, value in split:
            if not key or value not in among:
                raise Misconfigured(f"{name} must list names like `key=value`, values being {', '.join(among)}.")
        return {key.strip().lower(): value for key, _, value in split}

    def refusals(self) -> list[str]:
        """What the environment asks for that this hub refuses, each with the reason."""
        found = []
        for variable in VARIABLES.values():
            value = self.raw(variable.name)
            if value is not None and _is_refused(variable, value):
                found.append(f"{variable.name}={'…' if variable.secret else value} is refused: {variable.refusal}")
        return found


def _is_refused(variable: Variable, value: str) -> bool:
    if not variable.refusal:
        return False
    return value.strip().lower() not in variable.accepted


def load() -> Environment:
    return Environment(gather(os.environ))
