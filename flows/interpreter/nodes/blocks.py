"""Try, catch and finally. Who belongs to whom, and who comes when, is decided by `interpreter.blocks` and the route."""

from ..inputs import Inputs
from ..outcome import Outcome, Work


def attempt(given: Inputs) -> Outcome:
    return Outcome(ports=("try_body",))


def catch(given: Inputs) -> Outcome:
    """Without an error there is nothing to catch, and the flow goes by."""
    if given.memory is None or given.memory.get("error") is None:
        return Outcome(status="skipped")
    error = given.memory["error"]
    told = {"error_message": error["message"], "error_type": error["type"]}
    outputs = {**told, "error_node": error["node_id"], "stack_trace": ""}
    return Outcome(outputs, ports=("catch_body",), variables=told)


def finally_(given: Inputs) -> Outcome:
    """Outside its block it does its work, then the flow goes by."""
    inside = given.memory is not None
    had_error = bool(given.memory and given.memory.get("error"))
    return Outcome({"had_error": had_error}, ports=("finally_body",) if inside else ("finally_body", "exec_out"))


NODES: dict[str, Work] = {"Try": attempt, "Catch": catch, "Finally": finally_}
