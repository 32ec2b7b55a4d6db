"""Where a run goes, waits, speaks and stops."""

from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Outcome, Work
from ..references import fill_braces
from ..writing import written

LEVELS = {"trace", "debug", "info", "warning", "error", "critical"}
LEVEL_WORDS = {"warn": "warning", "fatal": "critical"}
LONGEST_LINE = 10_000


def passing(given: Inputs) -> Outcome:
    return Outcome()


def end(given: Inputs) -> Outcome:
    return Outcome(ports=())


def comment(given: Inputs) -> Outcome:
    return Outcome(status="skipped")


def either(given: Inputs) -> Outcome:
    holds = given.condition("expression")
    return Outcome({"condition": holds}, ports=("true" if holds else "false",))


def switch(given: Inputs) -> Outcome:
    value = given.get("value") if "value" in given.wired else given.expression("expression", "value")
    text = written(value, given.bounds)
    cases = [written(case, given.bounds) for case in given.items("cases", default=[])]
    known = text in cases or f"case_{text}" in given.ports
    return Outcome({"value": value}, ports=(f"case_{text}" if known else "default",))


def wait(given: Inputs) -> Outcome:
    seconds = given.number("duration", "seconds", default=1)
    if not 0 <= seconds <= given.bounds.wait:
        raise StepError(f"duration must lie between 0 and {given.bounds.wait:,.0f} seconds.")
    return Outcome({"duration": seconds}, wait=seconds)


def log(given: Inputs) -> Outcome:
    if not given.has("data", "message"):
        raise StepError("data is missing: connect it, or give data or message.")
    said = [_line(given)] if given.has("message") else []
    if given.has("data"):
        said.append(given.text("data"))
    message = " ".join(part for part in said if part)[:LONGEST_LINE]
    return Outcome({"message": message}, logs=((_level(given), message),))


def _line(given: Inputs) -> str:
    message = given.raw("message")
    if "message" in given.wired or not isinstance(message, str):
        return given.text("message")
    return fill_braces(message, given.names, given.bounds)


def _level(given: Inputs) -> str:
    word = given.word("level")
    level = LEVEL_WORDS.get(word, word)
    return level if level in LEVELS else "info"


def throw(given: Inputs) -> Outcome:
    message = given.text("message", default="") or "The flow threw an error."
    raise StepError(message, given.text("error_type", default="").strip() or "Error")


def check(given: Inputs) -> Outcome:
    if not given.condition("expression"):
        raise StepError(given.text("message", default="") or "The assertion does not hold.", "AssertionError")
    return Outcome({"passed": True})


NODES: dict[str, Work] = {
    "Start": passing,
    "End": end,
    "Comment": comment,
    "Merge": passing,
    "If": either,
    "Switch": switch,
    "Wait": wait,
    "Log": log,
    "ThrowError": throw,
    "Assert": check,
}
