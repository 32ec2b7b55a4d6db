"""Lists."""

from typing import Any

import pytest

from tests.flows.interpreter.graphs import complaint, graph, node, outputs, run


@pytest.mark.parametrize(
    ("node_type", "config", "expected"),
    [
        ("ListCreateNode", {"item_2": "b", "item_1": 1, "item_10": [3]}, {"list": [1, "b", [3]]}),
        ("CreateListNode", {"items": "[1, 2]"}, {"list": [1, 2]}),
        ("CreateList", {}, {"list": []}),
        ("ListAppend", {"list": [1], "item": {"a": 1}}, {"result": [1, {"a": 1}]}),
        ("ListAppend", {"list": [], "item": None}, {"result": [None]}),
        ("ListGetItem", {"list": ["a", "b"], "index": 1}, {"item": "b"}),
        ("ListGet", {"list": ["a", "b"], "index": -1}, {"item": "b"}),
        ("ListGet", {"list": [], "index": 4, "default": "none"}, {"item": "none"}),
        ("ListLength", {"list": [1, 2]}, {"length": 2}),
        ("ListSlice", {"list": [1, 2, 3, 4], "start": 1, "end": 3}, {"result": [2, 3]}),
        ("ListSlice", {"list": [1, 2, 3], "start": -2}, {"result": [2, 3]}),
        ("ListContains", {"list": ["a", "b"], "item": "b"}, {"contains": True, "index": 1}),
        ("ListContains", {"list": ["a"], "item": "z"}, {"contains": False, "index": -1}),
        ("ListSort", {"list": [3, 1.5, 2]}, {"result": [1.5, 2, 3]}),
        ("ListSort", {"list": ["b", "a"], "reverse": True}, {"result": ["b", "a"]}),
        ("ListSort", {"list": [{"u": {"n": "b"}}, {"u": {"n": "a"}}], "key_path": "u.n"},
         {"result": [{"u": {"n": "a"}}, {"u": {"n": "b"}}]}),
        ("ListSort", {"list": []}, {"result": []}),
        ("ListReverse", {"list": [1, 2, 3]}, {"result": [3, 2, 1]}),
        ("ListUnique", {"list": [1, "1", 1, [2], [2], {"a": 1, "b": 2}, {"b": 2, "a": 1}, 3, 1]},
         {"result": [1, "1", [2], {"a": 1, "b": 2}, 3]}),
        ("ListJoin", {"list": ["a", 1, True]}, {"result": "a, 1, true"}),
        ("ListJoin", {"list": ["a", "b"], "separator": ""}, {"result": "ab"}),
    ],
)  # fmt: skip
def test_lists(node_type: str, config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert outputs(node_type, **config) == expected


@pytest.mark.parametrize(
    ("node_type", "config", "sentence"),
    [
        ("ListAppend", {"item": 1}, "list is missing."),
        ("ListLength", {"list": 3}, "list must be a list, and is a number."),
        ("ListLength", {"list": "abc"}, "list must be a list, and is a text."),
        ("ListGet", {"list": [1], "index": 1}, "IndexError: The list has 1 items, and none at 1."),
        ("ListGet", {"list": [1], "index": 0.5}, "index must be a whole number."),
        ("ListSort", {"list": [1, "a"]}, "in it are a number and a text."),
        ("ListSort", {"list": [{}]}, "in it are an object."),
        ("ListSort", {"list": [[1], ["a"]]}, "could not do this"),
        ("ListSort", {"list": [{"a": 1}], "key_path": "b"}, "The object has no key b."),
        ("ListSort", {"list": [{"a": 1}], "key_path": "a..b"}, "makes no sense"),
    ],
)
def test_what_is_missing_or_wrong(node_type: str, config: dict[str, Any], sentence: str) -> None:
    assert sentence in complaint(node_type, **config)


def test_the_list_of_somebody_else_stays_as_it_was() -> None:
    given = graph("a > b", "b > c", a=node("ListAppend", list="{{rows}}", item=3), b=node("ListSort", list="{{rows}}"),
                  c=node("ListReverse", list="{{rows}}"))  # fmt: skip
    rows = [2, 1]
    assert run(given, {"rows": rows}).variables == {"rows": [2, 1]}
    assert rows == [2, 1]


def test_a_list_is_collected_round_by_round() -> None:
    given = graph("f.body > a", "a > s", f=node("ForLoopStart", mode="range", end=4),
                  a=node("ListAppend", list="{{found}}", item="{{item}}"),
                  s=node("SetVariable", variable_name="found", value="{{a.result}}"))  # fmt: skip
    assert run(given, {"found": []}).variables["found"] == [0, 1, 2, 3]


def test_lists_cannot_grow_without_end() -> None:
    full = list(range(100_000))
    assert "100,000 items" in complaint("ListAppend", {"full": full}, list="{{full}}", item=1)
    assert "100,000 items" in complaint("If", {"full": full}, expression="full + [1] == []")
