"""Calculating and comparing."""

from typing import Any

import pytest

from tests.flows.interpreter.graphs import complaint, graph, node, outputs, run


@pytest.mark.parametrize(
    ("operation", "a", "b", "expected"),
    [
        ("add", 2, 3, 5),
        ("subtract", 2, 3, -1),
        ("multiply", 2.5, 2, 5.0),
        ("divide", 7, 2, 3.5),
        ("divide", 4, 2, 2.0),
        ("floor_divide", 7, 2, 3),
        ("modulo", -7, 3, 2),
        ("power", 2, 10, 1024),
        ("power", 2, -1, 0.5),
        ("power", 9, 0.5, 3.0),
        ("power", -1, 10**18, 1),
        ("min", 2, "1.5", 1.5),
        ("max", 2, "1.5", 2),
        ("abs", -3, None, 3),
        ("negate", 3, None, -3),
        ("round", 2.6, None, 3),
        ("floor", 2.6, None, 2),
        ("ceil", 2.1, None, 3),
        ("sqrt", 9, None, 3.0),
        ("exp", 0, None, 1.0),
        ("log10", 1000, None, 3.0),
        ("sin", 0, None, 0.0),
        ("ADD", "2", "3", 5),
    ],
)
def test_operations(operation: str, a: Any, b: Any, expected: Any) -> None:
    found = outputs("MathOperationNode", operation=operation, a=a, b=b)["result"]
    assert found == pytest.approx(expected)
    assert type(found) is type(expected)


def test_adding_is_the_default_and_missing_operands_are_nought() -> None:
    assert outputs("MathOperation") == {"result": 0}
    assert outputs("MathOperation", a=2, b="") == {"result": 2}


def test_results_may_be_rounded_and_kept() -> None:
    done = run(graph(a=node("MathOperation", operation="divide", a=2, b=3, round_digits=2, output_var="share")))
    assert done.outputs("a") == {"result": 0.67}
    assert done.variables == {"share": 0.67}
    assert outputs("MathOperation", operation="round", a=2.345, round_digits=1) == {"result": 2.3}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"operation": "divide", "a": 1}, "ZeroDivisionError: Nothing can be divided by zero."),
        ({"operation": "modulo", "a": 1}, "ZeroDivisionError: Nothing can be divided by zero."),
        ({"operation": "power", "a": 0, "b": -1}, "ZeroDivisionError: Nothing can be divided by zero."),
        ({"operation": "power", "a": -8, "b": 0.5}, "ValueError: A negative number has no such root."),
        ({"operation": "power", "a": 10, "b": 10**10}, "LimitError: A whole number must fit into 64 bits."),
        ({"operation": "power", "a": 10.5, "b": 10**10}, "OverflowError: The result is not a finite number."),
        ({"operation": "multiply", "a": 2**62, "b": 2**62}, "LimitError: A whole number must fit into 64 bits."),
        ({"operation": "multiply", "a": 1e308, "b": 10}, "OverflowError: The result is not a finite number."),
        ({"operation": "floor", "a": 1e300}, "LimitError: A whole number must fit into 64 bits."),
        ({"operation": "sqrt", "a": -1}, "ValueError: The operation has no result for this number."),
        ({"operation": "log", "a": 0}, "ValueError: The operation has no result for this number."),
        ({"operation": "exp", "a": 1e6}, "ValueError: The operation has no result for this number."),
        ({"a": "two"}, "TypeError: a must be a number, and is a text."),
        ({"a": "9" * 50}, "TypeError: a must be a number, and is a text."),
        ({"a": True}, "TypeError: a must be a number, and is true or false."),
        ({"a": 1, "b": [1]}, "TypeError: b must be a number, and is a list."),
        ({"a": 1.5, "round_digits": -1}, "ValueError: round_digits must lie between 0 and 15."),
    ],
)
def test_what_has_no_result_says_so(config: dict[str, Any], sentence: str) -> None:
    assert complaint("MathOperation", **config) == sentence


def test_an_unknown_operation_names_the_known_ones() -> None:
    assert "operation must be one of add, subtract" in complaint("MathOperation", operation="integrate")


@pytest.mark.parametrize(
    ("operator", "a", "b"),
    [
        ("==", 1, 1.0),
        ("equals (==)", "a", "a"),
        ("not equals (!=)", 1, 2),
        ("greater than (>)", 2, 1),
        (">=", 2, "2"),
        ("less_than", "1", 2),
        ("lte", 1, 1),
        ("<", "a", "b"),
        ("in", "a", ["a"]),
        ("not in", "z", "abc"),
        ("==", None, None),
        ("==", [1, {"a": 2}], [1, {"a": 2}]),
    ],
)
def test_comparisons_that_hold(operator: str, a: Any, b: Any) -> None:
    assert outputs("ComparisonNode", operator=operator, a=a, b=b) == {"result": True}


def test_comparisons_that_do_not() -> None:
    assert outputs("Comparison", a=1, b=2) == {"result": False}
    assert complaint("Comparison", operator="<", a=[1], b=2) == "TypeError: A list and a number cannot be put in order."
    assert "operator must be one of" in complaint("Comparison", operator="~")
