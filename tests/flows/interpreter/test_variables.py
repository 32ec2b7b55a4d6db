"""Setting, casting, reading and counting variables."""

from typing import Any

import pytest

from tests.flows.interpreter.graphs import complaint, graph, node, outputs, run


def cast(kind: str, value: Any) -> Any:
    return outputs("SetVariableNode", variable_name="x", value=value, variable_type=kind)["value"]


def test_a_variable_is_set_and_read() -> None:
    given = graph(
        "a > b",
        a=node("SetVariable", variable_name="order id", value={"n": 1}),
        b=node("GetVariable", variable_name="order id"),
    )
    done = run(given)
    assert done.variables == {"order id": {"n": 1}}
    assert done.outputs("b") == {"value": {"n": 1}}


def test_without_a_value_the_default_is_set() -> None:
    assert outputs("SetVariable", variable_name="x", default_value=4) == {"value": 4}
    assert outputs("SetVariable", variable_name="x") == {"value": None}


def test_reading_what_is_not_there_needs_a_default() -> None:
    assert outputs("GetVariable", variable_name="x", default_value=None) == {"value": None}
    assert outputs("GetVariable", variable_name="x", default_value=[1]) == {"value": [1]}
    assert complaint("GetVariable", variable_name="x") == "NameError: Nothing is named x here."


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("String", 3, "3"),
        ("String", [1, "a"], '[1, "a"]'),
        ("Boolean", "false", False),
        ("boolean", "yes", True),
        ("Boolean", 0, False),
        ("Int32", " 42 ", 42),
        ("Int32", "3.9", 3),
        ("Int32", True, 1),
        ("integer", 2.0, 2),
        ("Float", "2.5", 2.5),
        ("Float", 2, 2.0),
        ("List", '["a", 1]', ["a", 1]),
        ("Array", [1], [1]),
        ("Dict", '{"a": 1}', {"a": 1}),
        ("Object", {"a": 1}, {"a": 1}),
        ("Any", [None], [None]),
        ("Int32", None, None),
    ],
)
def test_types_are_cast(kind: str, value: Any, expected: Any) -> None:
    found = cast(kind, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("Int32", "many", "A text cannot be read as a number."),
        ("Int32", "1e300", "A whole number must fit into 64 bits."),
        ("Float", [1], "A list cannot be read as a number."),
        ("Float", "nan", "A text cannot be read as a number."),
        ("List", "a, b", "The text cannot be read as a list: it is no JSON."),
        ("List", '{"a": 1}', "A text cannot be read as a list."),
        ("Dict", [1], "A list cannot be read as an object."),
        ("DataTable", 1, "variable_type must be one of string, str"),
    ],
)
def test_what_cannot_be_cast_says_so(kind: str, value: Any, sentence: str) -> None:
    assert sentence in complaint("SetVariable", variable_name="x", value=value, variable_type=kind)


@pytest.mark.parametrize("name", ["", "  ", "a{b", "x" * 257, None])
def test_a_name_must_be_one(name: Any) -> None:
    assert "variable_name" in complaint("SetVariable", variable_name=name, value=1)


@pytest.mark.parametrize(
    ("before", "config", "after"),
    [
        ({"n": 1}, {}, 2.0),
        ({"n": "5"}, {"increment": -2}, 3.0),
        ({}, {"increment": "{{by}}"}, 0.5),
        ({"n": True}, {}, 2.0),
    ],
)
def test_counting_makes_floats(before: dict[str, Any], config: dict[str, Any], after: float) -> None:
    done = run(graph(a=node("IncrementVariableNode", variable_name="n", **config)), {**before, "by": 0.5})
    assert done.variables["n"] == after
    assert isinstance(done.variables["n"], float)
    assert done.outputs("a") == {"value": after}


def test_only_numbers_are_counted() -> None:
    assert "A list cannot be read as a number." in complaint("IncrementVariable", {"n": []}, variable_name="n")
    assert "increment must be a number" in complaint("IncrementVariable", variable_name="n", increment="x")
