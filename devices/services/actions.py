"""What may be said to a node at all, and who may say it."""

from collections.abc import Mapping
from typing import Any

import orjson

from accounts.access import require
from accounts.choices import Role
from devices import drivers
from devices.drivers import CommandSpec, check_arguments
from devices.errors import ActionTooLarge, CommandDenied, CommandRoleTooLow, HubOwnsThis
from devices.hal import motion
from devices.models import Node
from rdos.kernel.actors import Actor
from rdos.kernel.errors import DomainError, InvalidInput

LONGEST_NAME = 128
LARGEST = 50 * 1024
LARGEST_CONFIGURATION = 100 * 1024
ROTATE = "rotate_secret"
UPDATE = "update_config"
READ = "get_config"
# What a door wraps into a command, and is measured without its wrapping.
WRAPPED = {UPDATE: "config", "create_flow": "flow"}


def insist_well_formed(action: Any) -> str:
    """Its name. More is only known of the commands that a driver describes."""
    name = action.get("type") if isinstance(action, Mapping) else None
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
        sentence = f"An object whose `type` is a text of 1–{LONGEST_NAME} characters."
        raise InvalidInput(errors={"action": [sentence]}, misshapen=True)
    most = LARGEST_CONFIGURATION if name == UPDATE else LARGEST
    if len(orjson.dumps(action)) - _wrapping(name) > most:
        raise ActionTooLarge(f"The command is larger than {most // 1024} KiB.")
    if name == ROTATE and "new_secret" in action:
        raise HubOwnsThis("The hub makes the new secret by itself; leave `new_secret` out.")
    return name


def _wrapping(name: str) -> int:
    key = WRAPPED.get(name)
    return len(orjson.dumps({"type": name, key: 0})) - 1 if key else 0


def spec_of(node: Node, name: str) -> CommandSpec | None:
    """None for what the node's driver has not heard of: the node decides."""
    known = drivers.known(node.device_type)
    return drivers.get(node.device_type).command(name) if known else None


def refusal(actor: Actor, node: Node, action: Mapping[str, Any]) -> DomainError | None:
    """Why this actor may not tell this node this. A bulk operation notes it and goes on to the next node."""
    spec = spec_of(node, action["type"])
    if is_denied(node, action):
        return CommandDenied()
    return _too_low(actor, spec) or _faulty(spec, action)


def is_denied(node: Node, action: Mapping[str, Any]) -> bool:
    """By the name it has, and by what the hub makes of it on the bus, however it is called."""
    speeds = motion.speeds_of(action) if node.on_bus else None
    words = {action.get("type"), motion.word_of(speeds) if speeds else None}
    return bool(words & set(node.denied_commands))


def is_motion(node: Node, action: Mapping[str, Any]) -> bool:
    """It never waits for anybody: a robot that moves later than somebody looked is worse than one that stands."""
    spec = spec_of(node, action["type"])
    return (spec is not None and not spec.waits) or (node.on_bus and motion.speeds_of(action) is not None)


def _too_low(actor: Actor, spec: CommandSpec | None) -> CommandRoleTooLow | None:
    if spec is None or Role(actor.role).rank >= Role(spec.requires_role).rank:
        return None
    return CommandRoleTooLow(f"This command needs the role {spec.requires_role}.")


def _faulty(spec: CommandSpec | None, action: Mapping[str, Any]) -> InvalidInput | None:
    if spec is None or action["type"] == ROTATE:
        return None
    try:
        check_arguments(spec, action)
    except InvalidInput as error:
        return error
    return None


def insist_ranked(actor: Actor, node: Node, name: str) -> None:
    """For what the hub sends in somebody's stead."""
    if error := _too_low(actor, spec_of(node, name)):
        raise error


def insist_allowed(actor: Actor, node: Node, action: Mapping[str, Any]) -> None:
    if action["type"] == ROTATE:
        require(actor, "nodes.credentials")
    if error := refusal(actor, node, action):
        raise error
