"""Loops. A start runs once for each round and once more, when it leads to `completed`."""

from typing import Any

from ..errors import LimitExceeded, StepError
from ..inputs import Inputs
from ..outcome import Outcome, Values, Work
from ..references import look_up


def for_start(given: Inputs) -> Outcome:
    memory = given.memory or _first_memory(given)
    index = memory["index"]
    if index >= memory["count"]:
        return Outcome({"iterations": index}, ports=("completed",))
    item = memory["items"][index] if "items" in memory else memory["start"] + index * memory["step"]
    key = memory["keys"][index] if "keys" in memory else index
    outputs = {"current_item": item, "current_index": index, "current_key": key, "item": item, "index": index}
    variables = {memory["name"]: item}
    return Outcome(outputs, ports=("body",), variables=variables, memory={**memory, "index": index + 1})


def _first_memory(given: Inputs) -> Values:
    mode = given.word("mode", default="items") or "items"
    if mode not in ("items", "range"):
        raise StepError("mode must be items or range.")
    found = _range(given) if mode == "range" else _collection(given)
    if found["count"] > given.bounds.iterations:
        raise LimitExceeded(f"A loop may go round {given.bounds.iterations:,} times at most.")
    return {"index": 0, "name": given.name("item_var") if given.has("item_var") else "item", **found}


def _range(given: Inputs) -> Values:
    start, end = given.integer("start", default=0), given.integer("end", default=10)
    step = given.integer("step", default=1)
    if step == 0:
        raise StepError("step must not be 0.")
    count = max(0, -((start - end) // step))
    return {"start": start, "step": step, "count": count}


def _collection(given: Inputs) -> Values:
    items = _given_items(given)
    if isinstance(items, dict):
        return {"items": list(items.values()), "keys": list(items), "count": len(items)}
    if not isinstance(items, str | list):
        raise StepError("A loop goes through a list, an object or a text.", "TypeError")
    return {"items": items, "count": len(items)}


def _given_items(given: Inputs) -> Any:
    """`list_var` is the bare name of a variable, or a reference to it."""
    if given.has("items"):
        return given.get("items")
    named = given.raw("list_var")
    if isinstance(named, str) and named.strip() and "{{" not in named:
        return look_up(named, given.names)
    return given.get("list_var")


def while_start(given: Inputs) -> Outcome:
    rounds = (given.memory or {"rounds": 0})["rounds"]
    if not given.condition("expression"):
        return Outcome({"iterations": rounds}, ports=("completed",))
    own = given.maybe_integer("max_iterations")
    if own is not None and rounds >= own:
        warning = f"The loop ended after {rounds} rounds, its max_iterations."
        outputs = {"iterations": rounds, "limit_reached": True}
        return Outcome(outputs, ports=("completed",), logs=(("warning", warning),))
    if rounds >= given.bounds.iterations:
        raise LimitExceeded(f"A loop may go round {given.bounds.iterations:,} times at most.")
    outputs = {"current_iteration": rounds, "index": rounds}
    return Outcome(outputs, ports=("body",), memory={"rounds": rounds + 1})


def end(given: Inputs) -> Outcome:
    """The round is over when its body has nothing left to do, so there is nothing to do here either."""
    paired = given.raw("paired_start_id")
    if not given.loop:
        raise StepError("No loop is open that could end here.")
    if paired and paired != given.loop:
        raise StepError(f"This ends the loop {paired}, but {given.loop} is still open.")
    return Outcome(ports=())


NODES: dict[str, Work] = {
    "ForLoopStart": for_start,
    "ForLoopEnd": end,
    "WhileLoopStart": while_start,
    "WhileLoopEnd": end,
}
