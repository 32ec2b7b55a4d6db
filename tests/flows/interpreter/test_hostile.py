"""What somebody might send to hang or fill the hub. Each ends soon, and with a sentence."""

import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from flows.interpreter import NODES, Bounds, Failed, Finished, InvalidFlow, start
from tests.flows.interpreter.graphs import complaint, drive, graph, node, run
from tests.flows.interpreter.sketches import SENSELESS

MERGE, START = node("Merge"), node("Start")
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    "a", "b", "operation", "text", "list", "dict", "key", "index", "item", "value", "variable_name",
    "variable_type", "expression", "cases", "mode", "list_var", "items", "start", "end", "step", "message",
    "template", "separator", "old_value", "json_string", "indent", "duration", "condition", "key_path",
    "round_digits", "item_1", "key_1", "string_1", "dict_1", "search", "count", "max_split", "error_types",
    "paired_start_id", "default",
]  # fmt: skip


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """Far from what it takes, and far from hanging."""
    began = time.perf_counter()
    yield
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "x",
        {},
        {"nodes": None},
        {"nodes": []},
        {"nodes": {}},
        {"nodes": {"a": None}},
        {"nodes": {"a": {}}},
        {"nodes": {"a": {"node_type": 3}}},
        {"nodes": {"a": {"node_type": "x" * 129}}},
        {"nodes": {1: MERGE}},
        {"nodes": {"a": {"node_type": "If", "config": []}}},
        {"nodes": {"a": MERGE}, "connections": {}},
        {"nodes": {"a": MERGE}, "connections": [None]},
        {"nodes": {"a": MERGE}, "connections": [{"source_node": "a"}]},
        {"nodes": {"a": MERGE}, "variables": []},
        {"nodes": {"a": MERGE}, "variables": {"x": {1}}},
        {"nodes": {"a": MERGE}, "settings": 3},
        {"nodes": {"a": MERGE}, "connections": graph("a > gone")["connections"]},
        {"nodes": {"a": node("If", x=float("nan"))}},
        {"nodes": {"a": node("If", x=10**30)}},
        {"nodes": {"a": node("If", x="\ud800")}},
    ],
)
def test_junk_is_no_flow(given: Any) -> None:
    with pytest.raises(InvalidFlow) as refused:
        start(given)
    assert refused.value.message


def test_a_config_nested_too_deeply_is_no_flow() -> None:
    deep: Any = 1
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(InvalidFlow, match="nested deeper than 50"):
        start(graph(a=node("SetVariable", variable_name="x", value=deep)))


@pytest.mark.parametrize(
    "variables", [[], "x", {1: 2}, {"x": float("inf")}, {"x": "y" * 2_000_000}, {"x": object()}, {"\0": 1}]
)
def test_junk_is_no_variables(variables: Any) -> None:
    with pytest.raises(InvalidFlow):
        start(graph(a=MERGE), variables)


def test_circles_without_a_loop_end_at_the_last_step_allowed() -> None:
    given = graph("s > a", "a > b", "b > a", "a > a", s=START, a=MERGE, b=MERGE)
    assert run(given, steps=3000).failure.error_message == "A run may take 3,000 steps at most."


def test_blocks_in_circles_end_at_the_deepest_allowed() -> None:
    given = graph("s > t", "t.try_body > m", "m > t", s=START, t=node("Try"), m=MERGE)
    assert run(given).failure.error_message == "Loops and blocks may be nested 100 deep at most."


def test_a_retry_by_circle_ends_too() -> None:
    given = graph(
        "s > t", "t.try_body > x", "c.catch_body > t", s=START, t=node("Try"), x=node("ThrowError"), c=node("Catch")
    )
    assert run(given, steps=3000).failure.error_type == "LimitError"


def test_no_try_survives_the_end_of_the_steps() -> None:
    given = graph("s > t", "t.try_body > w", "c.catch_body > h", s=START, t=node("Try"), c=node("Catch"), h=MERGE,
                  w=node("WhileLoopStart", expression="true"), settings={"stop_on_error": False})  # fmt: skip
    assert run(given, steps=200).failure.error_type == "LimitError"


def test_a_thousand_nodes_in_a_row_and_side_by_side() -> None:
    names = [f"n{i}" for i in range(1000)]
    row = [f"n{i} > n{i + 1}" for i in range(999)]
    assert run(graph(*row, **dict.fromkeys(names, MERGE))).ran == names
    fan = [f"s > {name}" for name in names] + [f"n{i + 1} > n{i}" for i in range(999)]
    assert run(graph(*fan, s=START, **dict.fromkeys(names, MERGE))).ran == ["s", *reversed(names)]


def test_a_thousand_data_nodes_that_read_one_another() -> None:
    wires = [f"n{i}.result > n{i + 1}.a" for i in range(997)]
    nodes = {f"n{i}": node("MathOperation", b=1) for i in range(998)}
    done = run(graph("s > l", "n997.result > l.data", *wires, s=START, l=node("Log"), **nodes))
    assert done.logs == ["998"]


def test_a_thousand_tries() -> None:
    nodes = {
        f"{letter}{i}": node(kind)
        for i in range(330)
        for letter, kind in (("t", "Try"), ("c", "Catch"), ("f", "Finally"))
    }
    done = run(graph(*[f"t{i} > t{i + 1}" for i in range(329)], **nodes), nesting=1000)
    assert isinstance(done.events[-1], Finished)


def endless(*body: str, **nodes: Any) -> Failed:
    wires = [f"w.body > {body[0]}", *(f"{left} > {right}" for left, right in pairwise(body))]
    return run(graph(*wires, w=node("WhileLoopStart", expression="true"), **nodes), {"x": ["ab"], "t": "ab"}).failure


def test_a_text_that_doubles_ends() -> None:
    failure = endless("a", a=node("SetVariable", variable_name="t", value="{{t}}{{t}}"))
    assert failure.error_message == "A text may be 1,000,000 characters long at most."


def test_a_list_that_holds_itself_many_times_ends() -> None:
    given = graph("w.body > a", w=node("WhileLoopStart", expression="true"),
                  a=node("SetVariable", variable_name="x", value=["{{x}}"] * 50))  # fmt: skip
    failure = run(given, {"x": ["ab"]}, total=500_000).failure
    assert failure.error_message == "The value is larger than 500,000 characters of JSON."


def test_a_value_that_is_wrapped_again_and_again_ends() -> None:
    failure = endless("a", a=node("SetVariable", variable_name="x", value={"in": "{{x}}"}))
    assert failure.error_message == "The value is nested deeper than 50 levels."


def test_variables_are_weighed_together() -> None:
    """Each alone would be allowed."""
    given = graph("f.body > a", f=node("ForLoopStart", items=[f"v{i}" for i in range(20)]),
                  a=node("SetVariable", variable_name="{{item}}", value="{{long}}"))  # fmt: skip
    failure = run(given, {"long": "x" * 900_000}).failure
    assert failure.error_message == "The variables of a run may take 10,000,000 characters of JSON at most."


def test_what_is_overwritten_weighs_no_more() -> None:
    given = graph("f.body > a", f=node("ForLoopStart", mode="range", end=40),
                  a=node("SetVariable", variable_name="same", value="{{long}}{{item}}"))  # fmt: skip
    assert len(run(given, {"long": "x" * 900_000}).variables["same"]) == 900_002


def test_loops_inside_each_other_weigh_what_they_hold() -> None:
    count = 30
    loops = {f"f{i}": node("ForLoopStart", list_var="long") for i in range(count)}
    failure = run(
        graph(*[f"f{i}.body > f{i + 1}" for i in range(count - 1)], **loops), {"long": ["x" * 500_000]}
    ).failure
    assert failure.error_message == "The variables of a run may take 10,000,000 characters of JSON at most."


def test_all_that_is_ever_made_is_counted() -> None:
    given = graph(
        "w.body > a",
        w=node("WhileLoopStart", expression="true"),
        a=node("SetVariable", variable_name="x", value="{{t}}!"),
    )
    failure = run(given, {"t": "x" * 10_000}, work=1_000_000).failure
    assert failure.error_message == "A run may make 1,000,000 characters of JSON at most."


def test_a_short_config_cannot_ask_for_much_text() -> None:
    """Five thousand times a long one would be 4 GB."""
    config = {"variable_name": "x", "value": ["-{{t}}"] * 5000}
    tracemalloc.start()
    try:
        assert "larger than 10,000,000" in complaint("SetVariable", {"t": "x" * 900_000}, **config)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_long_row_of_references_stops_at_the_first_too_many() -> None:
    assert "1,000,000 characters" in complaint("Log", {"t": "x" * 900_000}, message="{t}" * 3000)


@pytest.mark.parametrize(
    "text", ["{{" * 400_000, "{" * 900_000, "{{a" * 300_000, "{{" + " " * 900_000, "{a" * 400_000 + "}"]
)
def test_texts_full_of_braces_are_read_quickly(text: str) -> None:
    for kind, field in (("Log", "message"), ("FormatString", "template"), ("SetVariable", "value")):
        done = run(graph(a=node(kind, **{field: text, "variable_name": "x"})))
        assert isinstance(done.events[-1], Finished)


def test_references_that_refer_to_each_other_are_followed_once() -> None:
    done = run(graph(a=node("SetVariable", variable_name="x", value="{{a1}}")), {"a1": "{{b1}}", "b1": "{{a1}}"})
    assert done.variables["x"] == "{{b1}}"


def test_comparing_long_values_again_and_again_ends() -> None:
    rows = [[list(range(1000))] * 30 for _ in range(2)]
    assert "too many steps" in complaint("If", {"a": rows[0], "b": rows[1]}, expression=" and ".join(["a == b"] * 700))


@pytest.mark.parametrize("name", ["__class__", "__init__", "mro", "keys", "append", "format"])
def test_no_attribute_is_reached(name: str) -> None:
    for value in ("text", 1, [1], {"a": 1}, None, True):
        done = run(graph(a=node("SetVariable", variable_name="x", value=f"{{{{v.{name}}}}}")), {"v": value})
        assert isinstance(done.events[-1], Failed)


@settings(max_examples=200)
@given(
    some.sampled_from(sorted(NODES)),
    some.dictionaries(
        some.sampled_from(FIELDS), JSON | some.sampled_from(["{{v}}", "v", "{{v.a[0]}}", "1"]), max_size=8
    ),
    JSON,
)
def test_no_config_makes_a_node_stumble(kind: str, config: dict[str, Any], value: Any) -> None:
    try:
        machine = start(graph(it=node(kind, **config)), {"v": value}, Bounds(steps=50))
    except InvalidFlow:
        return
    assert isinstance(drive(machine).events[-1], Finished | Failed)


@settings(max_examples=100)
@given(SENSELESS)
def test_no_graph_makes_the_machine_stumble(sketch: dict[str, Any]) -> None:
    try:
        machine = start(sketch, None, Bounds(steps=60))
    except InvalidFlow:
        return
    done = drive(machine)
    assert isinstance(done.events[-1], Finished | Failed)
    assert len(done.ran) <= 60
