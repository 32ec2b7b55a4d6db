"""Waiting, logging, asserting and throwing."""

import pytest

from flows.interpreter import Logged, StepBegan, StepEnded, Waiting, start
from tests.flows.interpreter.graphs import complaint, graph, node, outputs, run


def test_a_wait_says_until_when_and_takes_that_long() -> None:
    machine = start(graph("w > z", w=node("WaitNode", duration="2.5"), z=node("EndNode")))
    assert machine.step(100.0) == [StepBegan("w", "WaitNode"), Waiting(102.5, "w")]
    assert machine.step(101.0) == [Waiting(102.5, "w")]
    assert machine.step(102.75) == [StepEnded("w", "WaitNode", "completed", 2750, {"duration": 2.5})]
    assert [type(event) for event in machine.step(102.8)] == [StepBegan, StepEnded]


def test_a_wait_of_nothing_does_not_wait() -> None:
    assert [type(event) for event in start(graph(w=node("Wait", duration=0))).step(1.0)] == [StepBegan, StepEnded]


def test_a_clock_that_goes_back_makes_no_negative_duration() -> None:
    machine = start(graph(w=node("Wait", duration=5)))
    machine.step(100.0)
    assert machine.step(50.0) == [Waiting(105.0, "w")]


@pytest.mark.parametrize("duration", [-1, "1e300", 10**9, "soon", [1]])
def test_a_wait_without_sense_fails(duration: object) -> None:
    assert "duration must" in complaint("Wait", duration=duration)


def test_a_log_line_has_a_level_and_its_placeholders_filled() -> None:
    done = run(graph(a=node("Log", message='{{n}} {n} {unknown} {"a": 1}', level="WARN")), {"n": 1})
    assert done.events[1] == Logged("warning", '1 1 {unknown} {"a": 1}', "a")


def test_a_log_line_may_have_message_and_data() -> None:
    assert run(graph(a=node("Log", message="rows:", data="{{rows}}")), {"rows": [1]}).logs == ["rows: [1]"]


@pytest.mark.parametrize(("level", "written"), [(None, "info"), ("loud", "info"), ("Critical", "critical")])
def test_levels(level: str | None, written: str) -> None:
    done = run(graph(a=node("Log", data="x", level=level)))
    assert isinstance(done.events[1], Logged)
    assert done.events[1].level == written


def test_a_log_node_needs_something_to_say() -> None:
    assert complaint("LogNode", level="info").startswith("ValueError: data is missing")


def test_long_lines_are_cut() -> None:
    assert len(run(graph(a=node("Log", data="x" * 50_000))).logs[0]) == 10_000


def test_an_assertion_that_holds_goes_on() -> None:
    assert outputs("AssertNode", {"n": 2}, expression="n > 1") == {"passed": True}
    assert outputs("Assert", condition=True) == {"passed": True}


def test_one_that_does_not_fails() -> None:
    assert complaint("Assert", {"n": 0}, expression="n > 1", message="Only {{n}}.") == "AssertionError: Only 0."
    assert complaint("Assert", condition="1 > 2") == "AssertionError: The assertion does not hold."
    assert complaint("Assert") == "ValueError: expression is missing."


def test_a_throw_has_a_type_and_a_message() -> None:
    assert complaint("ThrowErrorNode", {"x": 1}, message="bad {{x}}", error_type="OrderError") == "OrderError: bad 1"
    assert complaint("ThrowErrorNode") == "Error: The flow threw an error."


def test_a_condition_that_makes_no_sense_fails_its_step() -> None:
    assert complaint("If", expression="1 +") == "ExpressionError: The expression ends too early."
    assert complaint("If") == "ValueError: expression is missing."
