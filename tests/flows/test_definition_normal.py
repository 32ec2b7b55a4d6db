"""The layout that runs, whatever layout was sent."""

import copy
from typing import Any

import pytest

from flows.definition import executable, name_of, variables_of

FOUR = {"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_in"}


def test_the_sample_of_the_reference_becomes_one_that_robots_accept() -> None:
    sample = {"nodes": [{"id": "start", "type": "StartNode"}, {"id": "end", "type": "EndNode"}], "connections": []}
    assert executable(sample) == {
        "metadata": {},
        "nodes": {
            "start": {"node_id": "start", "node_type": "StartNode", "config": {}, "position": [0, 0]},
            "end": {"node_id": "end", "node_type": "EndNode", "config": {}, "position": [0, 0]},
        },
        "connections": [],
        "variables": {},
        "settings": {},
    }


def test_what_is_executable_already_stays_as_it_is() -> None:
    node = {"node_id": "a", "node_type": "LogNode", "config": {"x": [1]}, "position": [3, 4.5], "label": "Say"}
    content = {
        "metadata": {"name": "Demo", "version": "1.0.0"},
        "nodes": {"a": node, "b": {**node, "node_id": "b"}},
        "connections": [FOUR],
        "variables": {"n": 3},
        "settings": {"stop_on_error": True},
    }
    assert executable(content) == content


def test_nodes_take_their_id_from_the_key() -> None:
    assert executable({"nodes": {"a": {"type": "LogNode"}}})["nodes"]["a"]["node_id"] == "a"


@pytest.mark.parametrize(
    "connection",
    [
        FOUR,
        {**FOUR, "id": 5, "color": "red"},
        {"from": "a", "to": "b"},
        {"out": ["a", "exec_out"], "in": ["b", "exec_in"]},
    ],
)
def test_connections_of_every_shape_get_four_fields(connection: Any) -> None:
    content = {"nodes": {"a": {"type": "LogNode"}, "b": {"type": "LogNode"}}, "connections": [connection]}
    assert executable(content)["connections"] == [FOUR]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([1, 2.5], [1, 2.5]),
        ({"x": 1, "y": -2, "z": 3}, [1, -2]),
        (None, [0, 0]),
        ([1], [0, 0]),
        (["1", "2"], [0, 0]),
        ([True, False], [0, 0]),
        ({"x": 1}, [0, 0]),
        ("left", [0, 0]),
    ],
)
def test_a_position_is_two_numbers(sent: Any, kept: list[float]) -> None:
    content = {"nodes": [{"id": "a", "type": "LogNode", "position": sent}]}
    assert executable(content)["nodes"]["a"]["position"] == kept


def test_the_canvas_and_other_marks_do_not_travel() -> None:
    assert set(executable({"nodes": {}, "canvas": {}, "__validated__": True})) == {
        "metadata", "nodes", "connections", "variables", "settings",
    }  # fmt: skip


def test_nothing_is_made_an_object_where_a_robot_expects_one() -> None:
    content = {"nodes": {"a": {"type": "x", "config": None}}, "metadata": None, "variables": None, "settings": None}
    made = executable(content)
    assert made["nodes"]["a"]["config"] == made["metadata"] == made["variables"] == made["settings"] == {}


@pytest.mark.parametrize("name", ["", "  ", None])
def test_an_empty_name_is_left_out_because_robots_refuse_it(name: Any) -> None:
    content = {"nodes": {}, "metadata": {"name": name, "author": "Ada"}}
    assert executable(content)["metadata"] == {"author": "Ada"}


def test_the_input_is_not_changed() -> None:
    content = {"nodes": [{"id": "a", "type": "LogNode", "config": {"x": 1}}], "connections": [{"from": "a", "to": "a"}]}
    before = copy.deepcopy(content)
    made = executable(content)
    made["nodes"]["a"]["config"]["x"] = 2
    made["variables"]["y"] = 3
    assert content == before


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"metadata": {"name": " Demo "}}, "Demo"),
        ({"metadata": {"name": "  "}}, None),
        ({"metadata": {"name": 5}}, None),
        ({"metadata": {}}, None),
        ({"metadata": "Demo"}, None),
        ({"name": "Demo"}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_name_is_in_the_metadata(content: Any, name: str | None) -> None:
    assert name_of(content) == name


def test_variables_are_an_object_of_their_own() -> None:
    content = {"nodes": {}, "variables": {"n": {"type": "int"}}}
    variables = variables_of(content)
    variables["m"] = 1
    assert content["variables"] == {"n": {"type": "int"}} and variables_of([]) == variables_of({"variables": 3}) == {}
