"""Graphs: what is accepted in each layout, and what is refused by which word."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from flows.choices import FlowKind
from flows.definition import Finding, check
from flows.definition.config import FORBIDDEN
from flows.errors import InvalidDefinition
from rdos.kernel.errors import InvalidInput, TooLarge

SEED_SAMPLE = {"nodes": [{"id": "start", "type": "StartNode"}, {"id": "end", "type": "EndNode"}], "connections": []}
EXECUTABLE_SAMPLE = {
    "metadata": {"name": "Demo", "version": "1.0.0"},
    "nodes": {
        "a": {
            "node_id": "a",
            "node_type": "SetVariableNode",
            "config": {"variable_name": "n", "value": 3},
            "position": [0, 0],
        },
        "b": {"node_id": "b", "node_type": "IfNode", "config": {"expression": "{{n}} > 2"}},
    },
    "connections": [{"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_in"}],
    "variables": {},
    "settings": {"stop_on_error": True, "timeout": 60},
}


def graph(*names: str, connections: Any = (), **others: Any) -> dict[str, Any]:
    nodes = {name: {"node_type": "LogNode"} for name in names}
    return {"nodes": nodes, "connections": list(connections)} | others


def configured(config: Any) -> dict[str, Any]:
    return {"nodes": {"a": {"node_type": "LogNode", "config": config}}}


def link(source: str, target: str, source_port: str = "exec_out", target_port: str = "exec_in") -> dict[str, str]:
    return {"source_node": source, "source_port": source_port, "target_node": target, "target_port": target_port}


def refused(content: Any, kind: FlowKind = FlowKind.GRAPH) -> dict[str, list[str]]:
    with pytest.raises(InvalidDefinition) as refusal:
        check(kind, content)
    return {path: list(texts) for path, texts in (refusal.value.errors or {}).items()}


def words(content: Any) -> dict[str, list[str]]:
    """The words of the contract, by path."""
    return {path: [text.split(":")[0] for text in texts] for path, texts in refused(content).items()}


def warned(content: Any) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in check(FlowKind.GRAPH, content)]


@pytest.mark.parametrize(
    "content",
    [
        SEED_SAMPLE,
        EXECUTABLE_SAMPLE,
        {"nodes": []},
        {"nodes": {}},
        {"nodes": {}, "connections": None, "metadata": None, "variables": None, "settings": None},
        {"nodes": [{"id": "1", "type": "StartNode"}], "canvas": {"zoom": 1}, "frames": []},
        {"nodes": [{"node_id": "1", "node_type": "MyOwnNode", "config": None, "position": {"x": 1, "y": 2}}]},
        {"nodes": {"a": {"id": "a", "type": "StartNode"}}},
        {"nodes": {"a": {"node_type": "StartNode"}}},
    ],
)
def test_both_layouts_are_accepted_as_they_are_sent(content: Any) -> None:
    check(FlowKind.GRAPH, content)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, {"definition": ["INVALID_TYPE"]}),
        ([], {"definition": ["INVALID_TYPE"]}),
        ("nodes", {"definition": ["INVALID_TYPE"]}),
        (7, {"definition": ["INVALID_TYPE"]}),
        ({}, {"nodes": ["MISSING_REQUIRED_FIELD"]}),
        ({"nodes": None}, {"nodes": ["MISSING_REQUIRED_FIELD"]}),
        ({"nodes": "a"}, {"nodes": ["INVALID_TYPE"]}),
        ({"nodes": 0}, {"nodes": ["INVALID_TYPE"]}),
        ({"nodes": {}, "connections": {}}, {"connections": ["INVALID_TYPE"]}),
        ({"connections": 1}, {"nodes": ["MISSING_REQUIRED_FIELD"], "connections": ["INVALID_TYPE"]}),
        ({"nodes": {}, "metadata": []}, {"metadata": ["INVALID_TYPE"]}),
        ({"nodes": {}, "variables": [], "settings": 1}, {"variables": ["INVALID_TYPE"], "settings": ["INVALID_TYPE"]}),
        ({"nodes": {}, "metadata": {"name": 1}}, {"metadata.name": ["INVALID_TYPE"]}),
        ({"nodes": [1, None]}, {"nodes.0": ["INVALID_TYPE"], "nodes.1": ["INVALID_TYPE"]}),
        ({"nodes": {"a": []}}, {"nodes.a": ["INVALID_TYPE"]}),
        ({"nodes": [{}]}, {"nodes.0": ["MISSING_REQUIRED_FIELD", "MISSING_REQUIRED_FIELD"]}),
        ({"nodes": [{"id": "", "type": "LogNode"}]}, {"nodes.0": ["MISSING_REQUIRED_FIELD"]}),
        ({"nodes": {"": {"node_type": "LogNode"}}}, {"nodes.": ["MISSING_REQUIRED_FIELD"]}),
        ({"nodes": {"a": {}}}, {"nodes.a": ["MISSING_REQUIRED_FIELD"]}),
        ({"nodes": [{"id": 1, "type": ["LogNode"]}]}, {"nodes.0": ["INVALID_TYPE", "INVALID_TYPE"]}),
        ({"nodes": {"a": {"node_id": "b", "node_type": "LogNode"}}}, {"nodes.a": ["NODE_ID_MISMATCH"]}),
        ({"nodes": {"1": {"node_id": 1, "node_type": "LogNode"}}}, {"nodes.1": ["NODE_ID_MISMATCH"]}),
        ({"nodes": [{"id": "a", "type": "LogNode"}] * 2}, {"nodes.1": ["DUPLICATE_NODE_ID"]}),
        (configured([]), {"nodes.a.config": ["INVALID_CONFIG"]}),
        (configured("text"), {"nodes.a.config": ["INVALID_CONFIG"]}),
    ],
)
def test_a_malformed_graph_is_refused_by_path_and_word(content: Any, found: dict[str, list[str]]) -> None:
    assert words(content) == found


@pytest.mark.parametrize(
    ("build", "longest", "path"),
    [
        (lambda text: {"nodes": [{"id": text, "type": "LogNode"}]}, 256, "nodes.0"),
        (lambda text: {"nodes": [{"id": "a", "type": text}]}, 128, "nodes.0"),
        (lambda text: {"nodes": {}, "metadata": {"name": text}}, 256, "metadata.name"),
        (lambda text: {"nodes": {}, "metadata": {"description": text}}, 10_000, "metadata.description"),
        (lambda text: {"nodes": {}, "metadata": {"version": text}}, 50, "metadata.version"),
        (lambda text: graph("a", "b", connections=[link("a", "b", "out", text)]), 128, "connections.0"),
        (lambda text: configured({"message": text}), 10_000, "nodes.a.config.message"),
        (lambda text: configured({"list": [{"deep": [text]}]}), 10_000, "nodes.a.config.list.0.deep.0"),
    ],
)
def test_texts_have_their_limits(build: Callable[[str], Any], longest: int, path: str) -> None:
    assert check(FlowKind.GRAPH, build("x" * longest)) == []
    assert words(build("x" * (longest + 1))) == {path: ["TOO_LONG"]}


def test_a_thousand_nodes_and_no_more() -> None:
    names = [f"n{number}" for number in range(1001)]
    assert check(FlowKind.GRAPH, graph(*names[:1000])) == []
    assert refused(graph(*names)) == {"nodes": ["TOO_MANY_NODES: At most 1000, and these are 1001."]}
    assert words({"nodes": [{}] * 1001}) == {"nodes": ["TOO_MANY_NODES"]}


def test_five_thousand_connections_and_no_more() -> None:
    connections = [link("a", "b", f"value_{number}", "data") for number in range(5001)]
    assert check(FlowKind.GRAPH, graph("a", "b", connections=connections[:5000])) == []
    assert words(graph("a", "b", connections=connections)) == {"connections": ["TOO_MANY_CONNECTIONS"]}


def test_ten_megabytes_and_no_more_whatever_holds_them() -> None:
    fitting = graph(canvas=["x" * 1024] * 10_000)
    assert check(FlowKind.GRAPH, fitting) == []
    with pytest.raises(TooLarge, match="larger than 10 MB"):
        check(FlowKind.GRAPH, graph(canvas=["x" * 1024] * 10_400))


@pytest.mark.parametrize("wrap", [lambda inner: {"in": inner}, lambda inner: [inner]])
def test_a_config_is_ten_levels_deep_and_no_deeper(wrap: Callable[[Any], Any]) -> None:
    config: Any = "the value at level ten"
    for _ in range(9):
        config = wrap(config)
    assert check(FlowKind.GRAPH, configured({"top": config})) == []
    (found,) = words(configured({"top": wrap(config)})).values()
    assert found == ["TOO_DEEP"]


@pytest.mark.parametrize("word", FORBIDDEN)
@pytest.mark.parametrize("build", [lambda text: {"x": text}, lambda text: {"x": [{"y": text}]}, lambda text: {text: 1}])
def test_what_robots_refuse_is_refused_wherever_a_config_holds_it(build: Callable[[str], Any], word: str) -> None:
    for text in (word, f"a = {word.upper()}'b'"):
        (found,) = words(configured(build(text))).values()
        assert found == ["FORBIDDEN_TEXT"]


@pytest.mark.parametrize(
    "text", ["", "{{n}} > 2", "evaluate it", "reopen the valve", "execute", "import the parcel", "compiled (all)"]
)
def test_ordinary_words_are_allowed_in_a_config(text: str) -> None:
    assert check(FlowKind.GRAPH, configured({"message": text, text: text})) == []


def test_outside_a_config_any_word_is_allowed() -> None:
    assert check(FlowKind.GRAPH, graph("a", metadata={"description": "eval(1)"}, canvas="pickle")) == []


@pytest.mark.parametrize(
    "connection",
    [
        link("a", "b"),
        {"from": "a", "to": "b"},
        {"out": ["a", "exec_out"], "in": ["b", "exec_in"]},
        {"source_node": "a", "source_port": "result", "target_node": "b", "target_port": "value", "id": 7},
    ],
)
def test_connections_are_accepted_in_all_their_shapes(connection: Any) -> None:
    assert check(FlowKind.GRAPH, graph("a", "b", connections=[connection])) == []


@pytest.mark.parametrize(
    ("connection", "found"),
    [
        (None, ["INVALID_TYPE"]),
        (["a", "b"], ["INVALID_TYPE"]),
        ({}, ["MISSING_REQUIRED_FIELD"] * 4),
        ({"source_node": "a", "target_node": "b"}, ["MISSING_REQUIRED_FIELD"] * 2),
        ({"from": "a"}, ["MISSING_REQUIRED_FIELD"]),
        ({"from": "a", "to": 5}, ["INVALID_TYPE"]),
        ({"from": "a", "to": {"b": 1}}, ["INVALID_TYPE"]),
        ({"out": ["a"], "in": ["b", "exec_in"]}, ["INVALID_TYPE"]),
        ({"out": ["a", "exec_out", 1], "in": ["b", "exec_in"]}, ["INVALID_TYPE"]),
        ({"out": ["a", None], "in": ["b", 1]}, ["MISSING_REQUIRED_FIELD", "INVALID_TYPE"]),
        (link("a", "gone"), ["ORPHANED_CONNECTION"]),
        (link("gone", "b"), ["ORPHANED_CONNECTION"]),
        (link("gone", "lost"), ["ORPHANED_CONNECTION"] * 2),
        (link("gone", "gone"), ["ORPHANED_CONNECTION", "SELF_CONNECTION"]),
        (link("a", "a"), ["SELF_CONNECTION"]),
        (link("a", "a", "result", "value"), ["SELF_CONNECTION"]),
        ({"from": "a", "to": "a"}, ["SELF_CONNECTION"]),
    ],
)
def test_a_wrong_connection_is_refused_by_its_number(connection: Any, found: list[str]) -> None:
    assert words(graph("a", "b", connections=[link("a", "b"), connection])) == {"connections.1": found}


def test_a_list_style_graph_is_connected_by_its_ids() -> None:
    nodes = [{"id": "a", "type": "StartNode"}, {"id": "b", "type": "EndNode"}]
    assert check(FlowKind.GRAPH, {"nodes": nodes, "connections": [link("a", "b")]}) == []
    assert words({"nodes": nodes, "connections": [link("0", "b")]}) == {"connections.0": ["ORPHANED_CONNECTION"]}


def test_nodes_with_the_longest_ids_can_be_connected() -> None:
    one, other = "a" * 256, "b" * 256
    assert check(FlowKind.GRAPH, graph(one, other, connections=[link(one, other)])) == []


def test_a_circle_of_steps_is_drawn() -> None:
    connections = [link("a", "b"), link("b", "c", "true"), link("c", "b", "false")]
    (text,) = refused(graph("a", "b", "c", connections=connections))["connections"]
    assert text in ("CIRCULAR_DEPENDENCY: b → c → b.", "CIRCULAR_DEPENDENCY: c → b → c.")


def test_a_circle_of_a_thousand_nodes_is_found_and_drawn_in_part() -> None:
    names = [f"n{number}" for number in range(1000)]
    connections = [link(one, other) for one, other in zip(names, [*names[1:], names[0]], strict=True)]
    (text,) = refused(graph(*names, connections=connections))["connections"]
    assert text.startswith("CIRCULAR_DEPENDENCY: n") and "(1000 nodes)" in text and len(text) < 200


def test_values_may_go_round_in_a_circle() -> None:
    connections = [link("a", "b"), link("b", "a", "result", "value"), link("b", "a", "body", "execution_time")]
    assert check(FlowKind.GRAPH, graph("a", "b", connections=connections)) == []


def test_the_end_of_a_loop_names_its_start_and_that_is_no_circle() -> None:
    nodes = {
        "start": {"node_type": "StartNode"},
        "for": {"node_type": "ForLoopStartNode"},
        "log": {"node_type": "LogNode"},
        "next": {"node_type": "ForLoopEndNode", "config": {"paired_start_id": "for"}},
        "end": {"node_type": "EndNode"},
    }
    connections = [
        link("start", "for"),
        link("for", "log", "body"),
        link("log", "next"),
        link("for", "end", "completed"),
    ]
    assert check(FlowKind.GRAPH, {"nodes": nodes, "connections": connections}) == []


def test_a_repeated_connection_is_only_warned_of_in_whatever_shape_it_repeats() -> None:
    connections = [link("a", "b"), {"from": "a", "to": "b"}, {"out": ["a", "exec_out"], "in": ["b", "exec_in"]}]
    expected = [("connections.1", "DUPLICATE_CONNECTION"), ("connections.2", "DUPLICATE_CONNECTION")]
    assert warned(graph("a", "b", connections=connections)) == expected


def test_nodes_that_no_way_from_the_start_leads_to_are_warned_of() -> None:
    nodes = [
        {"id": "start", "type": "StartNode"},
        {"id": "log", "type": "LogNode"},
        {"id": "sum", "type": "MathOperationNode"},
        {"id": "lost", "type": "LogNode"},
        {"id": "behind", "type": "LogNode"},
        {"id": "note", "type": "CommentNode"},
    ]
    connections = [link("start", "log"), link("sum", "log", "result", "data"), link("lost", "behind")]
    found = warned({"nodes": nodes, "connections": connections})
    assert found == [("nodes.3", "UNREACHABLE_NODE"), ("nodes.4", "UNREACHABLE_NODE")]


def test_a_step_that_leads_into_the_run_is_not_reached_by_it() -> None:
    nodes = {name: {"node_type": name} for name in ("StartNode", "EndNode", "LogNode")}
    connections = [link("StartNode", "EndNode"), link("LogNode", "EndNode")]
    assert warned({"nodes": nodes, "connections": connections}) == [("nodes.LogNode", "UNREACHABLE_NODE")]


def test_the_parts_of_a_try_reach_one_another_without_a_connection() -> None:
    nodes = {
        "start": {"node_type": "StartNode"},
        "try": {"node_type": "TryNode"},
        "catch": {"node_type": "CatchNode", "config": {"paired_try_id": "try"}},
        "log": {"node_type": "LogNode"},
    }
    connections = [link("start", "try"), link("catch", "log", "catch_body")]
    assert check(FlowKind.GRAPH, {"nodes": nodes, "connections": connections}) == []


def test_a_config_that_only_mentions_a_node_leads_nowhere() -> None:
    nodes = {"start": {"node_type": "StartNode"}, "log": {"node_type": "LogNode", "config": {"message": "start"}}}
    assert warned({"nodes": nodes}) == [("nodes.log", "UNREACHABLE_NODE")]


def test_without_a_start_everything_is_reached() -> None:
    assert check(FlowKind.GRAPH, graph("a", "b", "c", connections=[link("a", "b")])) == []


def test_every_problem_is_told_at_once_with_a_sentence_each() -> None:
    content = {
        "metadata": {"version": 1},
        "nodes": {"a": {"node_id": "b", "config": {"x": "eval(1)"}}},
        "connections": [link("a", "c"), link("a", "a")],
    }
    assert refused(content) == {
        "metadata.version": ["INVALID_TYPE: This is a text."],
        "nodes.a": ["NODE_ID_MISMATCH: It calls itself b.", "MISSING_REQUIRED_FIELD: It has no node_type."],
        "nodes.a.config.x": ["FORBIDDEN_TEXT: No config may hold `eval(`."],
        "connections.0": ["ORPHANED_CONNECTION: There is no node c."],
        "connections.1": ["SELF_CONNECTION: a leads to itself."],
    }


def test_fifty_problems_are_told_and_that_there_are_more() -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        check(FlowKind.GRAPH, {"nodes": [None] * 60})
    assert len(refusal.value.errors or ()) == 50 and "first 50 problems" in refusal.value.detail
    assert len(refused({"nodes": [None] * 50})) == 50


def test_fifty_warnings_are_enough() -> None:
    connections = [{"from": "a", "to": "b"}] * 80
    assert len(check(FlowKind.GRAPH, graph("a", "b", connections=connections))) == 50


def test_a_refusal_is_invalid_input_with_a_code_of_its_own() -> None:
    with pytest.raises(InvalidInput) as refusal:
        check("graph", {"nodes": {"a": {}}})
    assert (refusal.value.code, refusal.value.status) == ("invalid_definition", 400)
    assert refusal.value.kinds == {"nodes.a": "missing_required_field"}


def test_strange_names_are_told_in_short_and_without_control_characters() -> None:
    long, strange = "x" * 200, "a\tb\x1b[0m"
    found = refused({"nodes": {long: [], strange: {"node_id": long, "node_type": "LogNode"}}})
    cut = "x" * 63 + "…"
    assert found == {
        f"nodes.{cut}": ["INVALID_TYPE: A node is an object."],
        "nodes.a\ufffdb\ufffd[0m": [f"NODE_ID_MISMATCH: It calls itself {cut}."],
    }


def test_a_finding_says_what_it_is_in_a_sentence() -> None:
    assert Finding("nodes.a", "UNREACHABLE_NODE", "Alone.").sentence == "UNREACHABLE_NODE: Alone."


def test_the_largest_graphs_are_checked_without_delay() -> None:
    names = [f"n{number}" for number in range(1000)]
    nodes = [{"id": name, "type": "LogNode", "config": {"message": "eval " * 1900}} for name in names]
    ways = [(names[low], names[low + step]) for step in range(1, 6) for low in range(1000 - step)]
    connections = [link(one, other) for one, other in ways]
    begun = time.process_time()
    check(FlowKind.GRAPH, {"nodes": nodes, "connections": connections})
    assert time.process_time() - begun < 2
