"""Whatever is sent as a definition: it is accepted or refused by name, and at once."""

import copy
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from flows.choices import FlowKind
from flows.definition import Finding, check, difference, executable, name_of, variables_of
from flows.definition.findings import LONGEST_PATH
from flows.definition.soundness import DEEPEST
from flows.errors import InvalidDefinition
from rdos.kernel.errors import TooLarge

HALF = "\ud800"
ODD_TEXT = some.text(max_size=6) | some.sampled_from(["", "\0", HALF, "a\0b", "x" * 300, "eval(", "{{n}}", "__proto__"])
ODD_NUMBERS = some.integers() | some.floats() | some.sampled_from([10**400, -(2**70), math.nan, math.inf, True])
JUNK = some.recursive(
    some.none() | ODD_NUMBERS | ODD_TEXT,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(ODD_TEXT, inner, max_size=4),
    max_leaves=10,
)
NAMES = some.sampled_from(["a", "b", "c", "start"])
TYPES = some.sampled_from(["StartNode", "LogNode", "CommentNode"])
PORTS = some.sampled_from(["exec_out", "exec_in", "value"])


def _often(good: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    """Mostly good, so that junk lies deep inside what is otherwise in order."""
    return some.integers(0, 24).flatmap(lambda number: JUNK if number == 0 else good)


def _fields(**fields: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    return some.fixed_dictionaries({}, optional={name: _often(value) for name, value in fields.items()})


CONFIG = _fields(message=ODD_TEXT, paired_start_id=NAMES, other=JUNK)
NODE = _fields(id=NAMES, node_id=NAMES, type=TYPES, node_type=TYPES, config=CONFIG, position=JUNK, wires=JUNK)
NODES = some.lists(_often(NODE), max_size=5) | some.dictionaries(NAMES | ODD_TEXT, _often(NODE), max_size=5)
PAIR = some.tuples(NAMES, PORTS).map(list)
CONNECTION = (
    _fields(source_node=NAMES, source_port=PORTS, target_node=NAMES, target_port=PORTS)
    | _fields(**{"from": NAMES, "to": NAMES})
    | _fields(out=PAIR, **{"in": PAIR})
)
CONNECTIONS = some.lists(_often(CONNECTION), max_size=6)
METADATA = _fields(name=ODD_TEXT, description=ODD_TEXT, version=ODD_TEXT)
GRAPH = _fields(nodes=NODES, connections=CONNECTIONS, metadata=METADATA, variables=JUNK, settings=JUNK, flows=NODES)
ANYTHING = JUNK | GRAPH | NODES | _fields(id=NAMES, name=ODD_TEXT, enabled=some.booleans(), flows=NODES)

PLAIN_TEXT = some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
PLAIN = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**64 - 1)
    | some.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(PLAIN_TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECT = some.none() | some.dictionaries(PLAIN_TEXT, PLAIN, max_size=3)


@some.composite
def valid_graphs(draw: some.DrawFn) -> dict[str, Any]:
    """In either layout, with connections of every shape that lead from earlier nodes to later ones."""
    names = draw(some.lists(NAMES, unique=True, max_size=4))
    nodes = [{"id": name, "type": draw(TYPES), "config": draw(OBJECT), "position": draw(PLAIN)} for name in names]
    ahead = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    ways = draw(some.lists(some.sampled_from(ahead), max_size=5)) if ahead else []
    return {
        "nodes": {node["id"]: node for node in nodes} if draw(some.booleans()) else nodes,
        "connections": [draw(some.sampled_from(shapes_of(one, other))) for one, other in ways],
        "variables": draw(OBJECT),
        "canvas": draw(PLAIN),
    }


def shapes_of(one: str, other: str) -> list[dict[str, Any]]:
    four = {"source_node": one, "source_port": "true", "target_node": other, "target_port": "exec_in"}
    return [four, {"from": one, "to": other}, {"out": [one, "result"], "in": [other, "value"]}]


quick = settings(max_examples=60)


def judged(kind: FlowKind, content: Any) -> list[Finding] | None:
    """None when it was refused; and a refusal can always be told to whoever sent it."""
    try:
        return check(kind, content)
    except TooLarge:
        return None
    except InvalidDefinition as refusal:
        assert refusal.errors and all(texts for texts in refusal.errors.values())
        assert all(len(path) <= LONGEST_PATH for path in refusal.errors)
        assert b"\\u0000" not in orjson.dumps(refusal.errors)
        return None


def kind_of(value: Any) -> str:
    """As the name of a case, for not every value can be written."""
    return type(value).__name__


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize("kind", FlowKind)
@quick
@given(ANYTHING)
def test_anything_is_accepted_or_refused_by_name_and_stays_as_it_is(kind: FlowKind, content: Any) -> None:
    before = copy.deepcopy(content)
    judged(kind, content)
    assert repr(content) == repr(before)


@quick
@given(valid_graphs(), valid_graphs())
def test_whatever_is_valid_is_accepted_and_can_run_and_be_compared(before: Any, after: Any) -> None:
    assert judged(FlowKind.GRAPH, before) is not None and judged(FlowKind.GRAPH, after) is not None
    runs = executable(before)
    assert check(FlowKind.GRAPH, runs) is not None and executable(runs) == runs
    assert all(key == node["node_id"] for key, node in runs["nodes"].items())
    orjson.dumps([runs, name_of(before), variables_of(before), difference(FlowKind.GRAPH, before, after)])


@quick
@given(valid_graphs(), valid_graphs())
def test_nodes_and_connections_of_a_difference_add_up(before: Any, after: Any) -> None:
    old, new, found = executable(before), executable(after), difference(FlowKind.GRAPH, before, after)
    nodes, connections = found["nodes"], found["connections"]
    assert len(old["nodes"]) + len(nodes["added"]) - len(nodes["removed"]) == len(new["nodes"])
    steps = len(connections["added"]) - len(connections["removed"])
    assert len(old["connections"]) + steps == len(new["connections"])
    same = difference(FlowKind.GRAPH, before, old)
    assert not any([*same["nodes"].values(), *same["connections"].values()])


@quick
@given(ANYTHING)
def test_questions_about_anything_have_an_answer(content: Any) -> None:
    assert isinstance(name_of(content), str | None) and isinstance(variables_of(content), dict)


@pytest.mark.parametrize("kind", [FlowKind.GRAPH, FlowKind.NODERED, FlowKind.MEDIA])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (math.nan, "INVALID_VALUE: A number is finite."),
        (-math.inf, "INVALID_VALUE: A number is finite."),
        (2**64, "INVALID_VALUE: A whole number fits into 64 bits."),
        (-(10**5000), "INVALID_VALUE: A whole number fits into 64 bits."),
        ("a\0", "INVALID_VALUE: A text holds no NUL and no half characters."),
        (HALF, "INVALID_VALUE: A text holds no NUL and no half characters."),
        ((1, 2), "INVALID_VALUE: JSON has no such value."),
        (uuid4(), "INVALID_VALUE: JSON has no such value."),
        (datetime(2026, 1, 1, tzinfo=UTC), "INVALID_VALUE: JSON has no such value."),
        ({1, 2}, "INVALID_VALUE: JSON has no such value."),
    ],
    ids=kind_of,
)
def test_what_a_database_cannot_keep_is_refused_where_it_lies(kind: FlowKind, value: Any, sentence: str) -> None:
    content = {"nodes": {}, "id": "f", "flows": [], "extra": {"deep": [0, value]}}
    with pytest.raises(InvalidDefinition) as refusal:
        check(kind, content)
    assert refusal.value.errors == {"extra.deep.1": [sentence]}


@pytest.mark.parametrize("key", ["a\0b", f"a{HALF}b"], ids=ascii)
def test_a_key_that_cannot_be_kept_is_refused_and_shown_without_it(key: str) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        check(FlowKind.GRAPH, {"nodes": {}, "variables": {key: 1}})
    assert list(refusal.value.errors or ()) == ["variables.a\ufffdb"]


@pytest.mark.parametrize(
    ("key", "shown"), [(7, "7"), (None, "(NoneType)"), (10**5000, "(int)"), ((1, 2), "(tuple)")], ids=kind_of
)
def test_a_key_that_is_no_text_is_refused(key: Any, shown: str) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        check(FlowKind.GRAPH, {"nodes": {}, "variables": {key: 1}})
    assert list(refusal.value.errors or ()) == [f"variables.{shown}"]


def test_a_text_that_only_spells_nul_is_kept() -> None:
    assert check(FlowKind.GRAPH, {"nodes": {}, "variables": {"a": "\\u0000"}}) == []


def test_numbers_of_every_allowed_size_are_kept() -> None:
    numbers = [2**64 - 1, -(2**63), 0, -0.0, 5e-324, 1.7976931348623157e308, True]
    assert check(FlowKind.GRAPH, {"nodes": {}, "variables": {"n": numbers}}) == []
    with pytest.raises(InvalidDefinition) as refusal:
        check(FlowKind.GRAPH, {"nodes": {}, "variables": {"n": numbers, "text": "\0"}})
    assert list(refusal.value.errors or ()) == ["variables.text"]


@pytest.mark.parametrize("kind", FlowKind)
@pytest.mark.parametrize(
    "wrap", [lambda inner: {"config": inner}, lambda inner: [inner], lambda inner: [[], inner, {}]]
)
@pytest.mark.parametrize("levels", [200, 1000, 5000])
def test_the_deepest_nesting_is_refused_without_a_traceback(kind: FlowKind, wrap: Any, levels: int) -> None:
    for content in (nested(levels, wrap), {"nodes": {}, "flows": [], "id": "f", "x": nested(levels, wrap)}):
        assert judged(kind, content) is None


def test_nesting_has_one_limit() -> None:
    build = lambda levels: {"nodes": {}, "canvas": nested(levels - 1, lambda inner: [inner])}  # noqa: E731
    assert check(FlowKind.GRAPH, build(DEEPEST)) == []
    with pytest.raises(InvalidDefinition) as refusal:
        check(FlowKind.GRAPH, build(DEEPEST + 1))
    ((path, texts),) = (refusal.value.errors or {}).items()
    assert path.startswith("canvas.0.0") and texts == [f"TOO_DEEP: At most {DEEPEST} levels."]


def test_a_value_that_holds_itself_is_refused() -> None:
    round_and_round: dict[str, Any] = {"nodes": {}}
    round_and_round["again"] = [round_and_round, round_and_round]
    assert judged(FlowKind.GRAPH, round_and_round) is None


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("graph", lambda: {"nodes": [None] * 100_000}),
        ("graph", lambda: {"nodes": {}, "variables": {"x": [math.nan] * 100_000}}),
        ("graph", lambda: {"nodes": {}, "variables": {str(number): number for number in range(100_000)}}),
        ("graph", lambda: {"nodes": {"a": {"node_type": "LogNode", "config": {"x": [[]] * 100_000}}}}),
        ("graph", lambda: {"nodes": {"a": {"node_type": "LogNode", "config": {"x": ["eval("] * 100_000}}}}),
        ("graph", lambda: {"nodes": {"x" * 5_000_000: {"node_id": "y" * 4_000_000}}}),
        ("graph", lambda: {"nodes": {}, "connections": [[]] * 100_000}),
        ("nodered", lambda: [{"id": str(number), "type": "x", "wires": [["y"] * 50]} for number in range(5000)]),
        ("nodered", lambda: [[]] * 100_000),
        ("media", lambda: {"id": "f", "outputs": [{}] * 100_000}),
        ("organism", lambda: "\n" * (10 * 2**20)),
    ],
)
def test_a_flood_is_judged_without_delay(kind: str, build: Callable[[], Any]) -> None:
    content = build()
    begun = time.process_time()
    judged(FlowKind(kind), content)
    assert time.process_time() - begun < 2
