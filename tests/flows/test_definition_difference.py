"""What changed between two versions of a flow."""

import time
from typing import Any

import pytest

from flows.choices import FlowKind
from flows.definition import changes as pathwise
from flows.definition import difference

NOTHING_CHANGED = {
    "nodes": {"added": [], "removed": [], "changed": []},
    "connections": {"added": [], "removed": []},
    "others": [],
    "truncated": False,
}


def graph(nodes: Any, *connections: Any, **others: Any) -> dict[str, Any]:
    return {"nodes": nodes, "connections": list(connections), **others}


def node(node_type: str = "LogNode", **config: Any) -> dict[str, Any]:
    return {"node_type": node_type, "config": config}


def between(before: Any, after: Any, kind: FlowKind = FlowKind.GRAPH) -> dict[str, Any]:
    return difference(kind, before, after)


def test_nothing_changed_where_only_the_layout_did() -> None:
    before = graph([{"id": "a", "type": "LogNode"}, {"id": "b", "type": "EndNode"}], {"from": "a", "to": "b"})
    link = {"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_in"}
    after = graph({"b": node("EndNode"), "a": node()}, link, metadata={}, settings=None)
    assert between(before, after) == between(before, before) == NOTHING_CHANGED


def test_nodes_are_added_removed_and_changed() -> None:
    before = graph({"a": node(message="one", level="info"), "b": node(), "same": node(x=[1])})
    after = graph({"a": {**node(message="two", tone=1), "position": [5, 0]}, "c": node("EndNode"), "same": node(x=[1])})
    assert between(before, after)["nodes"] == {
        "added": [{"id": "c", "type": "EndNode"}],
        "removed": [{"id": "b", "type": "LogNode"}],
        "changed": [
            {
                "id": "a",
                "type": "LogNode",
                "changes": [
                    {"path": "config.message", "before": "one", "after": "two"},
                    {"path": "config.level", "before": "info"},
                    {"path": "config.tone", "after": 1},
                    {"path": "position.0", "before": 0, "after": 5},
                ],
            }
        ],
    }


def test_connections_are_added_and_removed_and_counted() -> None:
    nodes = {"a": node(), "b": node(), "c": node()}
    before = graph(nodes, {"from": "a", "to": "b"}, {"from": "a", "to": "b"}, {"from": "b", "to": "c"})
    after = graph(nodes, {"from": "a", "to": "c"}, {"out": ["a", "exec_out"], "in": ["b", "exec_in"]})
    ends = {"source_port": "exec_out", "target_port": "exec_in"}
    found = between(before, after)["connections"]
    assert found["added"] == [{"source_node": "a", "target_node": "c", **ends}]
    assert found["removed"] == [
        {"source_node": "a", "target_node": "b", **ends},
        {"source_node": "b", "target_node": "c", **ends},
    ]


def test_the_rest_of_a_graph_changes_by_paths() -> None:
    before = graph({}, metadata={"name": "One"}, variables={"n": 1}, canvas={"zoom": 1})
    after = graph({}, metadata={"name": "Two"}, variables={"n": True}, canvas={"zoom": 1.0}, frames=[])
    assert between(before, after)["others"] == [
        {"path": "metadata.name", "before": "One", "after": "Two"},
        {"path": "variables.n", "before": 1, "after": True},
        {"path": "frames", "after": []},
    ]


def test_a_change_of_type_is_told_whole() -> None:
    before, after = graph({"a": node(x={"y": 1})}), graph({"a": node(x=[1])})
    (changed,) = between(before, after)["nodes"]["changed"]
    assert changed["changes"] == [{"path": "config.x", "before": {"y": 1}, "after": [1]}]


def test_what_is_long_is_shown_by_its_beginning() -> None:
    before, after = graph({"a": node(x="o" * 5000)}), graph({"a": node(x=[7] * 5000)})
    (changed,) = between(before, after)["nodes"]["changed"]
    (change,) = changed["changes"]
    assert change["before"] == "o" * 1000 + "…" and change["after"].startswith("[7,7,") and len(change["after"]) == 1001


def test_a_first_version_is_all_new() -> None:
    found = between(None, graph({"a": node()}, variables={"n": 1}))
    assert found["nodes"]["added"] == [{"id": "a", "type": "LogNode"}] and not found["nodes"]["changed"]
    assert found["others"] == [{"path": "variables.n", "after": 1}]


@pytest.mark.parametrize(
    ("kind", "content", "part", "found"),
    [
        (FlowKind.NODERED, [{"id": "t", "type": "tab"}], "nodes", {"added": [{"id": "t", "type": "tab"}]}),
        (FlowKind.MEDIA, {"id": "f"}, "changes", [{"path": "id", "after": "f"}]),
        (FlowKind.ORGANISM, "a\n", "added", 1),
    ],
)
def test_a_version_of_any_kind_can_be_held_against_none(kind: FlowKind, content: Any, part: str, found: Any) -> None:
    told = between(None, content, kind)[part]
    assert (told if not isinstance(told, dict) else {"added": told["added"]}) == found
    assert not between(content, content, kind)["truncated"] and between(None, None, kind) == between(
        content, content, kind
    )


def test_node_red_flows_are_compared_by_their_ids() -> None:
    before = [{"id": "t", "type": "tab", "label": "One"}, {"id": "i", "type": "inject", "wires": [["m"]]}]
    after = {"flows": [{"id": "i", "type": "inject", "wires": [["n"]]}, {"id": "n", "type": "debug"}], "rev": "2"}
    assert between(before, after, FlowKind.NODERED) == {
        "nodes": {
            "added": [{"id": "n", "type": "debug"}],
            "removed": [{"id": "t", "type": "tab"}],
            "changed": [
                {"id": "i", "type": "inject", "changes": [{"path": "wires.0.0", "before": "m", "after": "n"}]},
            ],
        },
        "others": [{"path": "rev", "after": "2"}],
        "truncated": False,
    }


def test_media_flows_are_compared_by_paths() -> None:
    before = {"id": "f", "input": {"port": 1}, "outputs": [{"id": "o"}]}
    after = {"id": "f", "input": {"port": 2}, "outputs": [], "enabled": True}
    assert between(before, after, FlowKind.MEDIA) == {
        "changes": [
            {"path": "input.port", "before": 1, "after": 2},
            {"path": "outputs.0", "before": {"id": "o"}},
            {"path": "enabled", "after": True},
        ],
        "truncated": False,
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (graph({"a": node(**{f"k{n}": 1 for n in range(600)})}), graph({"a": node()})),
        (graph({}), graph({f"n{n}": node() for n in range(600)})),
        (graph({}), graph({}, variables={f"n{n}": 1 for n in range(600)})),
        (graph({"a": node(), "b": node()}, *[{"from": "a", "to": "b"}] * 600), graph({})),
    ],
)
def test_the_list_is_bounded_and_says_so(before: Any, after: Any) -> None:
    found = between(before, after)
    assert found["truncated"] and str(found).count("path") <= pathwise.MOST
    assert len(found["nodes"]["added"]) <= pathwise.MOST and len(found["connections"]["removed"]) <= pathwise.MOST


def test_the_largest_graphs_are_compared_without_delay() -> None:
    names = [f"n{number}" for number in range(1000)]
    before = graph({name: node(x=list(range(500))) for name in names})
    after = graph({name: node(x=list(range(1, 501))) for name in names})
    begun = time.process_time()
    assert between(before, after)["truncated"] and between(before, before) == NOTHING_CHANGED
    assert time.process_time() - begun < 2
