"""A run that is parked and goes on elsewhere is the same run."""

from typing import Any

import pytest
from hypothesis import given, settings

from flows.interpreter import Bounds, Finished, InvalidFlow, Waiting, restore, start
from tests.flows.interpreter.graphs import Graph, Run, drive, graph, node, posted
from tests.flows.interpreter.sketches import SENSELESS, SENSIBLE

BOUNDS = Bounds(steps=60, nesting=10)


def parked_at_every_step(given: Graph) -> Run:
    machine, now = start(given, None, BOUNDS), 1000.0
    run = Run(machine)
    while not machine.done:
        machine = run.machine = restore(posted(given), posted(machine.state()), BOUNDS)
        told = machine.step(now)
        run.events += told
        now = told[-1].until if told and isinstance(told[-1], Waiting) else now + 0.001
    return run


def compare(given: Graph) -> None:
    try:
        straight = drive(start(given, None, BOUNDS))
    except InvalidFlow:
        with pytest.raises(InvalidFlow):
            start(posted(given), None, BOUNDS)
        return
    parked = parked_at_every_step(given)
    assert parked.events == straight.events
    assert posted(parked.machine.state()) == posted(straight.machine.state())
    assert parked.machine.progress == straight.machine.progress


@settings(max_examples=80)
@given(SENSIBLE)
def test_parking_at_every_step_changes_nothing(sketch: Graph) -> None:
    compare(sketch)


@settings(max_examples=100)
@given(SENSELESS)
def test_not_even_where_the_graph_makes_no_sense(sketch: Graph) -> None:
    compare(sketch)


def test_a_waiting_run_can_be_parked() -> None:
    given = graph("w > z", w=node("Wait", duration=60), z=node("Log", data="{{w.duration}}"))
    machine = start(given)
    machine.step(100.0)
    elsewhere = restore(given, posted(machine.state()))
    assert elsewhere.step(110.0) == [Waiting(160.0, "w")]
    assert drive(elsewhere, 161.0).ended["w"].duration_ms == 61_000


def test_an_ended_run_stays_ended() -> None:
    done = drive(start(graph(a=node("Merge"))))
    elsewhere = restore(graph(a=node("Merge")), posted(done.machine.state()))
    assert elsewhere.done
    assert elsewhere.progress == 100
    assert elsewhere.step(1.0) == []


def test_steps_are_counted_across_parking() -> None:
    given = graph("a > b", "b > a", s=node("Start"), a=node("Merge"), b=node("Merge"))
    given["connections"] += graph("s > a")["connections"]
    machine = start(given, None, Bounds(steps=10))
    for _ in range(10):
        machine.step(0.0)
        machine = restore(given, posted(machine.state()), Bounds(steps=10))
    assert "10 steps" in machine.step(0.0)[0].error_message


def test_a_state_does_not_change_when_the_run_goes_on() -> None:
    machine = start(graph("f.body > a", f=node("ForLoopStart", mode="range", end=2), a=node("Merge")))
    machine.step(0.0)
    state = machine.state()
    before = posted(state)
    drive(machine)
    assert posted(state) == before


LOOP = graph("f.body > t", "t.try_body > w", f=node("ForLoopStart", mode="range", end=2), t=node("Try"),
             w=node("Wait", duration=1))  # fmt: skip


def changed(state: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split(".")
    inside: Any = state
    for key in way:
        inside = inside[int(key)] if isinstance(inside, list) else inside[key]
    inside[int(last) if isinstance(inside, list) else last] = value
    return state


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("version", None),
        ("variables", []),
        ("outputs", {"f": {1}}),
        ("held", None.__class__),
        ("work", "x"),
        ("frames", None),
        ("frames", [1]),
        ("frames.0", {"kind": "loop"}),
        ("frames.0.kind", "loop"),
        ("frames.0.owner", "f"),
        ("frames.1.owner", "gone"),
        ("frames.1.kind", "try"),
        ("frames.1.kind", "cave"),
        ("frames.2.phase", "dance"),
        ("frames.2.agenda", ["gone"]),
        ("frames.2.agenda", "t"),
        ("frames.2.error", {"message": 1}),
        ("frames.2.error", "bad"),
        ("fetched", ["gone"]),
        ("fetched", 3),
        ("progress", {}),
        ("progress.waiting", {"node_id": "gone"}),
        ("progress.waiting.until", "later"),
        ("progress.passed", [[]]),
        ("progress.extra", 1),
    ],
)
def test_what_is_no_state_of_this_flow_is_refused(path: str, value: Any) -> None:
    machine = start(LOOP)
    for _ in range(3):
        machine.step(0.0)
    state = posted(machine.state())
    assert restore(LOOP, posted(state)).step(5.0)
    with pytest.raises(InvalidFlow):
        restore(LOOP, changed(state, path, value))


@pytest.mark.parametrize("state", [None, [], {}, "x", {"version": 1}])
def test_nor_is_anything_else(state: Any) -> None:
    with pytest.raises(InvalidFlow):
        restore(LOOP, state)


def test_a_state_of_another_graph_is_refused() -> None:
    machine = start(LOOP)
    machine.step(0.0)
    with pytest.raises(InvalidFlow):
        restore(graph(a=node("Merge")), machine.state())


def test_order_of_keys_survives_as_text() -> None:
    given = graph(
        "f.body > l", f=node("ForLoopStart", items={"long key": 1, "k": 2}), l=node("Log", data="{{f.current_key}}")
    )
    run = parked_at_every_step(given)
    assert run.logs == ["long key", "k"]
    assert isinstance(run.events[-1], Finished)
