"""What a driver is: a kind of node, what it can be told, and how its reports are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry

# Lowest first; the words of accounts, which this floor does not import.
ROLES = ("viewer", "operator", "developer", "admin", "super_admin")

Report = Mapping[str, Any]
Figures = list[tuple[str, float]]
Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Health:
    """`online`, `degraded` or `error`; a reason unless it is online."""

    state: str
    reason: str = ""


@dataclass(frozen=True)
class CommandSpec:
    """One instruction a node understands. `arguments` describes the action's keys beside `type`."""

    name: str
    description: str
    requires_role: str = "operator"
    arguments: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    # False: never kept for a node that is offline.
    waits: bool = True
    changes_config: bool = False
    # The console asks twice.
    dangerous: bool = False
    # False: understood, but not listed.
    offered: bool = True

    @cached_property
    def validator(self) -> Draft202012Validator:
        # The empty registry keeps a schema from fetching another one over the network.
        checker = Draft202012Validator.FORMAT_CHECKER
        return Draft202012Validator(dict(self.arguments), registry=Registry(), format_checker=checker)

    def as_listed(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "requires_role": self.requires_role,
            "arguments": dict(self.arguments),
        }


@dataclass(frozen=True)
class Driver:
    """The three readers bear any junk a node may send; they never raise."""

    device_type: str
    display_name: str
    commands: tuple[CommandSpec, ...]
    metrics: Callable[[Report], Figures]
    items: Callable[[Report], Items]
    health: Callable[[Report], Health]
    # The node answers `get_config` with its own frame rather than with an acknowledgement.
    config_by_response: bool = True
    has_flows: bool = False
    icon: str = "memory"

    @cached_property
    def _by_name(self) -> dict[str, CommandSpec]:
        return {spec.name: spec for spec in self.commands}

    def command(self, name: str) -> CommandSpec | None:
        """None for what this driver has not heard of: the node decides."""
        return self._by_name.get(name)

    def supported_commands(self) -> list[dict[str, Any]]:
        return [spec.as_listed() for spec in self.commands if spec.offered]
