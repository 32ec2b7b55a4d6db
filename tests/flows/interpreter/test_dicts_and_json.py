"""Objects, and what JSON makes of texts."""

from typing import Any

import pytest

from tests.flows.interpreter.graphs import complaint, graph, node, outputs, run

THING = {"b": 1, "a": {"x": None}}


@pytest.mark.parametrize(
    ("node_type", "config", "expected"),
    [
        ("DictCreateNode", {"key_1": "a", "value_1": 1, "key_2": "b", "value_2": "{{n}}"}, {"dict": {"a": 1, "b": 7}}),
        ("CreateDict", {"key_1": "{{n}}"}, {"dict": {"7": None}}),
        ("CreateDict", {"dict": {"a": "{{n}}"}}, {"dict": {"a": 7}}),
        ("CreateDict", {}, {"dict": {}}),
        ("DictGet", {"dict": THING, "key": "b"}, {"value": 1, "found": True}),
        ("DictGet", {"dict": THING, "key": "z"}, {"value": None, "found": False}),
        ("DictGet", {"dict": THING, "key": "z", "default": 0}, {"value": 0, "found": False}),
        ("DictSet", {"dict": THING, "key": "b", "value": [2]}, {"result": {"b": [2], "a": {"x": None}}}),
        ("DictSet", {"dict": "{}", "key": "c"}, {"result": {"c": None}}),
        ("DictRemove", {"dict": THING, "key": "b"}, {"result": {"a": {"x": None}}, "removed_value": 1}),
        ("DictRemove", {"dict": THING, "key": "z"}, {"result": THING, "removed_value": None}),
        ("DictKeys", {"dict": THING}, {"keys": ["b", "a"], "count": 2}),
        ("DictValues", {"dict": THING}, {"values": [1, {"x": None}], "count": 2}),
        ("DictMerge", {"dict_1": THING, "dict_2": {"b": 2}}, {"result": {"b": 2, "a": {"x": None}}}),
        ("DictMerge", {"dicts": [{"a": 1}, {}, {"a": 2}]}, {"result": {"a": 2}}),
        ("DictHas", {"dict": THING, "key": "a"}, {"has_key": True}),
        ("DictHasKeyNode", {"dict": THING, "key": "x"}, {"has_key": False}),
        ("JsonParseNode", {"json_string": ' {"a": [1, 2.5, null, "ü"]} '}, {"data": {"a": [1, 2.5, None, "ü"]}}),
        ("JsonParse", {"json_string": [1]}, {"data": [1]}),
        ("JsonStringify", {"value": {"b": "ü", "a": True}}, {"json_string": '{"b": "ü", "a": true}'}),
        ("JsonStringify", {"value": {"b": 1, "a": 2}, "sort_keys": True, "indent": 1},
         {"json_string": '{\n "a": 2,\n "b": 1\n}'}),
        ("JsonStringify", {"value": "text"}, {"json_string": '"text"'}),
        ("DictToJson", {"dict": {}}, {"json_string": "{}"}),
    ],
)  # fmt: skip
def test_objects_and_json(node_type: str, config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert outputs(node_type, {"n": 7}, **config) == expected


@pytest.mark.parametrize(
    ("node_type", "config", "sentence"),
    [
        ("DictGet", {"key": "a"}, "dict is missing."),
        ("DictGet", {"dict": {}, "key": None}, "key is missing."),
        ("DictKeys", {"dict": [1]}, "dict must be an object, and is a list."),
        ("DictMerge", {"dicts": [1]}, "Only objects can be merged."),
        ("DictMerge", {}, "dicts is missing."),
        ("JsonParse", {"json_string": "{a: 1}"}, "The text is no JSON"),
        ("JsonParse", {"json_string": "NaN"}, "NaN is no number of JSON."),
        ("JsonParse", {"json_string": "1e999"}, "not a finite number"),
        ("JsonParse", {"json_string": "9" * 5000}, "The text is no JSON"),
        ("JsonParse", {"json_string": "9" * 30}, "64 bits"),
        ("JsonParse", {"json_string": "[" * 900_000}, "nested too deeply"),
        ("JsonParse", {"json_string": "[" * 60 + "]" * 60}, "nested deeper than 50"),
        ("JsonParse", {"json_string": '"\\u0000"'}, "no database stores"),
        ("JsonParse", {"json_string": '{"\\ud800": 1}'}, "no database stores"),
        ("JsonStringify", {"value": [], "indent": 1000}, "indent must lie between 0 and 8."),
        ("JsonStringify", {}, "value is missing."),
    ],
)
def test_what_is_missing_or_wrong(node_type: str, config: dict[str, Any], sentence: str) -> None:
    assert sentence in complaint(node_type, **config)


def test_the_object_of_somebody_else_stays_as_it_was() -> None:
    given = graph(
        "a > b",
        "b > c",
        a=node("DictSet", dict="{{o}}", key="a", value=2),
        b=node("DictRemove", dict="{{o}}", key="a"),
        c=node("DictMerge", dict_1="{{o}}", dict_2={"a": 3}),
    )
    assert run(given, {"o": {"a": 1}}).variables == {"o": {"a": 1}}
