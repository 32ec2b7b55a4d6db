"""Node-RED flows, organisms and media flows: little is known of them, and little is asked."""

from typing import Any

import pytest

from flows.choices import FlowKind
from flows.definition import check
from flows.errors import InvalidDefinition
from rdos.kernel.errors import TooLarge

TAB = {"id": "t", "type": "tab", "label": "Drive"}
INJECT = {"id": "i", "type": "inject", "z": "t", "wires": [["m"]]}
MOTOR = {"id": "m", "type": "motor-control", "z": "t", "wires": [[], []]}


def words(kind: FlowKind, content: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidDefinition) as refusal:
        check(kind, content)
    return {path: [text.split(":")[0] for text in texts] for path, texts in (refusal.value.errors or {}).items()}


@pytest.mark.parametrize(
    "content",
    [
        [],
        [TAB, INJECT, MOTOR],
        {"flows": [TAB, INJECT, MOTOR]},
        {"flows": [], "rev": "1", "credentials": {}},
        [{"id": "8f2b.77", "type": "subflow", "in": [{"wires": [{"id": "x"}]}]}],
        [{"id": "a", "type": "function", "func": "return eval(msg.payload)", "wires": "odd"}],
        [{"id": "a", "type": "function", "wires": [None, "x", [1, None]]}],
    ],
)
def test_a_node_red_export_is_accepted_bare_or_wrapped(content: Any) -> None:
    assert check(FlowKind.NODERED, content) == []


@pytest.mark.parametrize("content", [{}, {"flows": None}, {"speed": 3}])
def test_an_object_without_a_flow_is_accepted_and_warned_of(content: Any) -> None:
    assert [(one.path, one.code) for one in check(FlowKind.NODERED, content)] == [("flows", "MISSING_REQUIRED_FIELD")]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, {"definition": ["INVALID_TYPE"]}),
        ("[]", {"definition": ["INVALID_TYPE"]}),
        ({"flows": {}}, {"flows": ["INVALID_TYPE"]}),
        ({"flows": 0}, {"flows": ["INVALID_TYPE"]}),
        ([1, []], {"flows.0": ["INVALID_TYPE"], "flows.1": ["INVALID_TYPE"]}),
        ([{}], {"flows.0": ["MISSING_REQUIRED_FIELD", "MISSING_REQUIRED_FIELD"]}),
        ({"flows": [{"id": 1, "type": "tab"}]}, {"flows.0": ["INVALID_TYPE"]}),
        ([{"id": "x" * 257, "type": "y" * 129}], {"flows.0": ["TOO_LONG", "TOO_LONG"]}),
        ([TAB, INJECT, TAB], {"flows.2": ["DUPLICATE_NODE_ID"]}),
        ([TAB] * 5001, {"flows": ["TOO_MANY_NODES"]}),
    ],
)
def test_what_is_no_node_red_export_is_refused_by_place(content: Any, found: dict[str, list[str]]) -> None:
    assert words(FlowKind.NODERED, content) == found


def test_a_wire_to_nowhere_is_only_warned_of_once() -> None:
    content = [TAB, {**INJECT, "wires": [["gone", "m"], ["gone"]]}, MOTOR]
    (found,) = check(FlowKind.NODERED, {"flows": content})
    assert (found.path, found.sentence) == ("flows.1.wires", "UNKNOWN_WIRE: There is no node gone.")


@pytest.mark.parametrize(
    "content", ["", "organism:\n  name: patrol\n", "no: [yaml", "tabs\tand\r\nreturns", "é 漢字 🤖", "x" * (10 * 2**20)]
)
def test_an_organism_is_any_text(content: str) -> None:
    assert check(FlowKind.ORGANISM, content) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "INVALID_TYPE"),
        (b"organism:", "INVALID_TYPE"),
        ({"organism": {}}, "INVALID_TYPE"),
        ("a\0b", "INVALID_VALUE"),
        ("a\ud800b", "INVALID_VALUE"),
    ],
)
def test_what_is_no_text_or_cannot_be_stored_is_no_organism(content: Any, word: str) -> None:
    assert words(FlowKind.ORGANISM, content) == {"definition": [word]}


def test_an_organism_is_measured_in_bytes() -> None:
    with pytest.raises(TooLarge, match="10 MB"):
        check(FlowKind.ORGANISM, "é" * (5 * 2**20 + 1))


@pytest.mark.parametrize(
    "content",
    [
        {"id": "f1"},
        {"id": "f1", "name": None, "enabled": None},
        {"id": "f1", "name": "", "enabled": False, "input": {"type": "srt"}, "outputs": [{"id": "o"}]},
        {"id": "f1", "name": "Studio", "enabled": True, "input_ids": ["i"], "output_ids": []},
    ],
)
def test_a_media_flow_needs_an_id_and_may_be_of_either_shape(content: Any) -> None:
    assert check(FlowKind.MEDIA, content) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, {"definition": ["INVALID_TYPE"]}),
        ([], {"definition": ["INVALID_TYPE"]}),
        ({}, {"id": ["MISSING_REQUIRED_FIELD"]}),
        ({"id": 1}, {"id": ["INVALID_TYPE"]}),
        ({"id": "", "name": 1, "enabled": "yes"}, {
            "id": ["MISSING_REQUIRED_FIELD"], "name": ["INVALID_TYPE"], "enabled": ["INVALID_TYPE"],
        }),
        ({"id": "f", "name": []}, {"name": ["INVALID_TYPE"]}),
        ({"id": "f", "name": "x" * 257, "enabled": 1}, {"name": ["TOO_LONG"], "enabled": ["INVALID_TYPE"]}),
    ],
)  # fmt: skip
def test_a_wrong_media_flow_is_refused_by_field(content: Any, found: dict[str, list[str]]) -> None:
    assert words(FlowKind.MEDIA, content) == found


def test_a_media_flow_fits_into_a_command() -> None:
    with pytest.raises(TooLarge, match="48 KiB"):
        check(FlowKind.MEDIA, {"id": "f", "outputs": ["x" * 50_000]})


def test_a_kind_that_does_not_exist_is_no_matter_of_input() -> None:
    with pytest.raises(ValueError, match="poem"):
        check("poem", {})
