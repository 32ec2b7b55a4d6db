"""Texts: joining, filling in, changing, searching."""

from typing import Any

import pytest

from flows.interpreter import NODES
from tests.flows.interpreter.graphs import complaint, graph, node, outputs, run


@pytest.mark.parametrize(
    ("node_type", "config", "expected"),
    [
        ("ConcatenateNode", {"string_1": "a", "string_2": "b", "separator": "-"}, {"result": "a-b"}),
        ("Concatenate", {"string_2": "b", "string_10": "d", "string_9": 1}, {"result": "b1d"}),
        ("Concatenate", {"strings": ["a", 1, None]}, {"result": "a1null"}),
        ("TextUpperNode", {"text": "straße"}, {"result": "STRASSE"}),
        ("StringLower", {"text": "ÀB"}, {"result": "àb"}),
        ("TextCase", {"text": "one two", "case": "title"}, {"result": "One Two"}),
        ("TextTrim", {"text": "  a "}, {"result": "a"}),
        ("TextTrim", {"text": "xxaxx", "mode": "left", "characters": "x"}, {"result": "axx"}),
        ("TextReplace", {"text": "a.a.a", "old_value": ".", "new_value": ""}, {"result": "aaa", "replacements": 2}),
        (
            "TextReplace",
            {"text": "aaa", "old_value": "a", "new_value": "b", "count": 1},
            {"result": "baa", "replacements": 1},
        ),
        ("TextSplit", {"text": "a,b,,c", "separator": ","}, {"result": ["a", "b", "", "c"], "count": 4}),
        ("TextSplit", {"text": " a  b "}, {"result": ["a", "b"], "count": 2}),
        ("TextSplit", {"text": "a,b,c", "separator": ",", "max_split": 1}, {"result": ["a", "b,c"], "count": 2}),
        ("TextJoin", {"items": ["a", 2, [3]], "separator": "+"}, {"result": "a+2+[3]"}),
        ("TextJoin", {"items": '["a", "b"]'}, {"result": "ab"}),
        ("TextContains", {"text": "Banana", "search": "an"}, {"contains": True, "position": 1, "count": 2}),
        (
            "TextContains",
            {"text": "Banana", "search": "B", "case_sensitive": "false"},
            {"contains": True, "position": 0, "count": 1},
        ),
        ("TextContains", {"text": "Banana", "search": "x"}, {"contains": False, "position": -1, "count": 0}),
        ("TextStartsWith", {"text": "abc", "prefix": "ab"}, {"result": True}),
        ("TextEndsWith", {"text": "abc", "suffix": "ab"}, {"result": False}),
        ("TextSubstring", {"text": "abcdef", "start": 1, "end": 3}, {"result": "bc", "length": 2}),
        ("TextSubstring", {"text": "abcdef", "start": -2}, {"result": "ef", "length": 2}),
        ("TextLengthNode", {"text": 12345}, {"length": 5}),
    ],
)
def test_texts(node_type: str, config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert outputs(node_type, **config) == expected


@pytest.mark.parametrize(
    ("node_type", "config", "sentence"),
    [
        ("TextUpper", {}, "text is missing."),
        ("TextCase", {"text": "a", "case": "spongebob"}, "case must be one of upper, lower"),
        ("TextTrim", {"text": "a", "mode": "middle"}, "mode must be both, left or right."),
        ("TextReplace", {"text": "a", "old_value": "", "new_value": "b"}, "old_value is empty."),
        ("TextSubstring", {"text": "a", "start": "x"}, "start must be a number"),
        ("TextJoin", {"items": "a, b"}, "items must be a list, and is a text."),
        ("Concatenate", {}, "strings is missing."),
        ("FormatString", {}, "template must be a text."),
    ],
)
def test_what_is_missing_or_wrong(node_type: str, config: dict[str, Any], sentence: str) -> None:
    assert sentence in complaint(node_type, **config)


def test_a_format_fills_in_names_and_nothing_else() -> None:
    config = {
        "template": "{who} {{n}} {who.name} {{rows[0]}} {unknown} {0} {who!r} {n:>9} {}",
        "variables": {"n": "own"},
    }
    variables = {"who": {"name": "Ada"}, "n": 3, "rows": ["r"]}
    assert outputs("FormatStringNode", variables, **config)["result"] == (
        '{"name": "Ada"} own Ada r {unknown} {0} {who!r} {n:>9} {}'
    )


def test_a_format_reaches_no_attribute() -> None:
    assert "There is no __class__ in a text." in complaint("FormatString", {"a": "x"}, template="{a.__class__}")


def test_a_format_is_filled_in_once() -> None:
    own = {"a": "{b} {{b}}", "b": "no"}
    assert outputs("FormatString", {"own": own}, template="{a}", variables="{{own}}")["result"] == "{b} {{b}}"


def test_a_template_may_come_over_a_connection() -> None:
    given = graph("v > f", "v.value > f.template", v=node("SetVariable", variable_name="t", value="Dear {name}"),
                  f=node("FormatString"))  # fmt: skip
    assert run(given, {"name": "Ada"}).outputs("f") == {"result": "Dear Ada"}


def test_nothing_here_knows_patterns() -> None:
    assert not [name for name in NODES if "Regex" in name]
    assert outputs("TextReplace", text="a.c", old_value=".", new_value="b")["result"] == "abc"


def test_texts_cannot_grow_without_end() -> None:
    long = "a" * 600_000
    for node_type, config in (
        ("Concatenate", {"string_1": "{{long}}", "string_2": "{{long}}"}),
        ("TextReplace", {"text": "{{long}}", "old_value": "a", "new_value": "aa"}),
        ("TextJoin", {"items": ["{{long}}", "{{long}}"]}),
        ("ListJoin", {"list": ["{{long}}", "{{long}}"]}),
        ("FormatString", {"template": "{long}{long}"}),
        ("SetVariable", {"variable_name": "x", "value": "{{long}}{{long}}"}),
        ("If", {"expression": "long + long == ''"}),
        ("Log", {"message": "{long}{long}"}),
        ("JsonStringify", {"value": ["{{long}}", "{{long}}"]}),
    ):
        assert complaint(node_type, {"long": long}, **config) == (
            "LimitError: A text may be 1,000,000 characters long at most."
        )
    assert "100,000 items" in complaint("TextSplit", text="a " * 300_000)
