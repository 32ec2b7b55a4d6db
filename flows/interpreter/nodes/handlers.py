"""What a listener of an organism does with a message: the few handlers that are built in, all of them pure."""

from collections.abc import Callable

from ..errors import UnknownHandler
from ..inputs import Inputs
from ..outcome import Outcome, Work


def message(given: Inputs) -> Outcome:
    """What the run was given: the other way round than `input` came to be a variable. Nothing is null, and what a
    webhook's call was like is no part of it."""
    beside = given.names.get("_webhook")
    found = {name: value for name, value in given.names.items() if not name.startswith("_") and name != beside}
    alone = found.keys() <= {"input"}
    return Outcome({"message": found.get("input") if alone else found})


def echo(given: Inputs) -> Outcome:
    return Outcome({"message": given.get("message", default=None)})


def log(given: Inputs) -> Outcome:
    return Outcome(echo(given).outputs, logs=(("info", given.text("message", default="")[:LONGEST_LINE]),))


def handler(given: Inputs) -> Outcome:
    """The listener and its handler are words of the flow's, not templates to fill in."""
    listener, name = (str(given.raw(word) or "") for word in ("listener", "handler"))
    found = BUILT_IN.get(name)
    if found is None:
        raise UnknownHandler(_explained(listener, name))
    return found(given)


def _explained(listener: str, name: str) -> str:
    wants = f"wants the handler {name}, which is not built in" if name else "names no handler"
    return (
        f"The listener {listener} {wants}. Draw the flow as a graph, use a built-in handler "
        f"({', '.join(BUILT_IN)}), or run it on a robot that has the handler."
    )


LONGEST_LINE = 10_000
BUILT_IN: dict[str, Callable[[Inputs], Outcome]] = {"rdos.echo": echo, "rdos.log": log}
NODES: dict[str, Work] = {"Message": message, "Handler": handler}
