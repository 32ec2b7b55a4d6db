"""Statements, once run as a graph and once told straight in Python, come to the same."""

import json
from typing import Any

from hypothesis import given, settings

from tests.flows.interpreter.graphs import run
from tests.flows.interpreter.sketches import STATEMENTS, Statement, built

ROUNDS = "The loop ended after 2 rounds, its max_iterations."


class Broken(Exception):
    """With the type that the interpreter gives it."""


class Telling:
    def __init__(self) -> None:
        self.names: dict[str, Any] = {"a": 1, "b": {"y": 1, "x": 2}}
        self.logs: list[str] = []

    def row(self, statements: list[Statement]) -> None:
        for kind, *parts in statements:
            getattr(self, f"tell_{kind}")(*parts)

    def tell_set(self, name: str, value: Any) -> None:
        self.names[name] = self.names["a"] if value == "{{a}}" else value

    def tell_count(self, name: str) -> None:
        self.names[name] = float(self.number(name)) + 1

    def tell_log(self, text: str) -> None:
        if "missing" in text:
            raise Broken("NameError")
        for name in "ab":
            text = text.replace(f"{{{{{name}}}}}", written(self.names[name]))
        self.logs.append(text)

    def tell_sum(self, operand: Any) -> None:
        self.logs.append(written((self.number("a") if operand == "{{a}}" else operand) + 1))

    def tell_wait(self, seconds: float) -> None:
        pass

    def tell_throw(self) -> None:
        raise Broken("Error")

    def tell_if(self, expression: str, yes: list[Statement], no: list[Statement]) -> None:
        self.row(yes if self.holds(expression) else no)

    def holds(self, expression: str) -> bool:
        if expression == "a == 3":
            return bool(self.names["a"] == 3)
        return bool(self.names["b"]) if expression == "b" else self.number("a", "ExpressionError") > 1

    def number(self, name: str, error_type: str = "TypeError") -> Any:
        if not isinstance(self.names[name], int | float):
            raise Broken(error_type)
        return self.names[name]

    def tell_fork(self, left: list[Statement], right: list[Statement]) -> None:
        self.row(left)
        self.row(right)

    def tell_for(self, over: str, body: list[Statement]) -> None:
        for item in (0, 1) if over == "range" else (1, 2):
            self.names["item" if over == "range" else "b"] = item
            self.row(body)

    def tell_while(self, body: list[Statement]) -> None:
        self.row(body)
        self.row(body)
        self.logs.append(ROUNDS)

    def tell_try(self, body: list[Statement], catch: list[Statement], final: list[Statement]) -> None:
        try:
            self.row(body)
        except Broken as error:
            self.names["error_type"] = str(error)
            self.row(catch)
        finally:
            self.row(final)


def written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@settings(max_examples=100)
@given(STATEMENTS)
def test_a_graph_means_what_its_statements_say(statements: list[Statement]) -> None:
    telling, error = Telling(), ""
    try:
        telling.row(statements)
    except Broken as broken:
        error = str(broken)
    done = run(built(statements, stop_on_error=True))
    assert done.logs == telling.logs
    if error:
        assert done.failure.error_type == error
    else:
        done.variables.pop("error_message", None)
        assert done.variables == telling.names
