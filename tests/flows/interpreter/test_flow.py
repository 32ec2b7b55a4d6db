"""The way through a graph: where it starts, which branch it takes, where branches meet, where data comes from."""

from typing import Any

import pytest

from flows.interpreter import Bounds, InvalidFlow, StepBegan, StepEnded, start
from tests.flows.interpreter.graphs import Graph, drive, graph, node, run

START, END = node("StartNode"), node("EndNode")


def test_the_seeds_sample_succeeds() -> None:
    done = run({"nodes": {"start": {"node_id": "start", "node_type": "StartNode"},
                          "end": {"node_id": "end", "node_type": "EndNode"}}, "connections": []})  # fmt: skip
    assert done.result["recovered"] is False
    assert done.result["executed_nodes"] == 1
    assert done.machine.progress == 100


def test_the_contracts_sample_takes_the_true_branch() -> None:
    given = {
        "metadata": {"name": "Demo", "version": "1.0.0"},
        "nodes": {
            "a": {"node_id": "a", "node_type": "SetVariableNode", "config": {"variable_name": "n", "value": 3},
                  "position": [0, 0]},
            "b": {"node_id": "b", "node_type": "IfNode", "config": {"expression": "{{n}} > 2"}},
        },
        "connections": [{"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_in"}],
        "variables": {},
        "settings": {"stop_on_error": True, "timeout": 60},
    }  # fmt: skip
    done = run(given)
    assert done.ran == ["a", "b"]
    assert done.variables == {"n": 3}
    assert done.outputs("b") == {"condition": True}


def test_each_step_begins_and_ends_in_one_call() -> None:
    machine = start(graph("a > b", a=START, b=node("Merge")))
    assert machine.step(1.0) == [StepBegan("a", "StartNode"), StepEnded("a", "StartNode", "completed", 0)]
    assert machine.step(2.0) == [StepBegan("b", "Merge"), StepEnded("b", "Merge", "completed", 0)]
    assert not machine.done
    [finished] = machine.step(3.5)
    assert machine.done
    assert finished.result == {"executed_nodes": 2, "duration_ms": 2500, "recovered": False, "variables": {}}
    assert machine.step(9.0) == []


def test_both_spellings_of_a_type_are_one() -> None:
    done = run(graph("a > b", a=node("Start"), b=node("SetVariable", variable_name="x", value=1)))
    assert done.variables == {"x": 1}


def test_job_variables_come_before_those_of_the_graph() -> None:
    done = run(graph(a=START, variables={"x": 1, "y": 1}), {"x": 2, "_job_id": "j"})
    assert done.variables == {"x": 2, "y": 1}  # what begins with _ is the driver's own


# Where it starts


def test_with_a_start_node_nothing_else_starts() -> None:
    done = run(graph("s > b", a=node("Log", data="never"), s=START, b=node("Log", data="ran")))
    assert done.logs == ["ran"]


def test_without_one_every_node_that_no_flow_leads_to_starts_in_order_of_appearance() -> None:
    done = run(graph("c > b", c=node("Merge"), a=node("Merge"), b=node("Merge"), d=node("Comment")))
    assert done.ran == ["c", "b", "a", "d"]
    assert done.ended["d"].status == "skipped"


def test_ends_catches_and_finallies_do_not_start_by_themselves() -> None:
    done = run(graph(a=node("Merge"), b=node("ForLoopEnd"), c=node("Catch"), d=node("Finally"), e=node("WhileLoopEnd")))
    assert done.ran == ["a"]


def test_a_circle_that_nothing_leads_into_cannot_start() -> None:
    with pytest.raises(InvalidFlow, match="Nothing in this flow can start"):
        start(graph("a > b", "b > a", a=node("Merge"), b=node("Merge")))


# Branches


@pytest.mark.parametrize(("n", "branch"), [(1, "no"), (5, "yes")])
def test_if_takes_one_of_two(n: int, branch: str) -> None:
    done = run(
        graph("q.true > yes", "q.false > no", "yes > m", "no > m",
              q=node("If", expression="n > 3"), yes=node("Merge"), no=node("Merge"), m=node("Merge")),
        {"n": n},
    )  # fmt: skip
    assert done.ran == ["q", branch, "m"]


def test_if_may_get_its_condition_over_a_connection() -> None:
    given = graph("s > q", "c.result > q.condition", "q.true > yes", s=START, q=node("If"), yes=END,
                  c=node("Comparison", a="{{n}}", b=2, operator=">"))  # fmt: skip
    assert run(given, {"n": 3}).ran == ["s", "c", "q", "yes"]
    assert run(given, {"n": 1}).ran == ["s", "c", "q"]


@pytest.mark.parametrize(("value", "taken"), [("red", "r"), (2, "two"), (True, "t"), ("blue", "d"), (None, "d")])
def test_switch_goes_by_the_case_or_the_default(value: object, taken: str) -> None:
    done = run(
        graph("q.case_red > r", "q.case_2 > two", "q.case_true > t", "q.default > d",
              q=node("SwitchNode", expression="{{colour}}", cases=["red", "2"]),
              r=END, two=END, t=END, d=END),
        {"colour": value},
    )  # fmt: skip
    assert done.ran == ["q", taken]


def test_a_case_without_a_connection_leads_nowhere_and_not_to_the_default() -> None:
    given = graph("q.default > d", q=node("Switch", expression="colour", cases=["red"]), d=END)
    assert run(given, {"colour": "red"}).ran == ["q"]


def test_branches_run_one_after_the_other_and_go_on_as_one_where_they_meet() -> None:
    wires = ["s > a", "s > b", "a > a2", "b > b2", "b2 > b3", "a2 > m", "b3 > m", "m > e"]
    merges = dict.fromkeys(("a", "a2", "b", "b2", "b3", "m"), node("Merge"))
    assert run(graph(*wires, s=START, e=END, **merges)).ran == ["s", "a", "a2", "b", "b2", "b3", "m", "e"]


def test_many_diamonds_in_a_row_are_walked_once() -> None:
    wires = [
        wire for i in range(50) for wire in (f"m{i} > a{i}", f"m{i} > b{i}", f"a{i} > m{i + 1}", f"b{i} > m{i + 1}")
    ]
    names = ["m50", *(f"{letter}{i}" for i in range(50) for letter in "mab")]
    assert sorted(run(graph(*wires, **dict.fromkeys(names, node("Merge")))).ran) == sorted(names)


def test_a_connection_that_is_there_twice_counts_once() -> None:
    assert run(graph("a > b", "a > b", a=START, b=END)).ran == ["a", "b"]


# Data


def test_outputs_are_a_variable_of_the_nodes_id() -> None:
    done = run(graph("sum-1 > l", l=node("Log", data="{{sum-1.result}} {{sum-1}}"),
                     **{"sum-1": node("MathOperation", a=1, b=2)}))  # fmt: skip
    assert done.logs == ['3 {"result": 3}']


def test_the_last_word_about_a_name_counts() -> None:
    """A node and a variable of one name."""
    done = run(
        graph(
            "x > a",
            "a > y",
            "y > b",
            x=node("MathOperation", a=1, b=1),
            a=node("Log", data="{{x.result}}"),
            y=node("SetVariable", variable_name="x", value="set"),
            b=node("Log", data="{{x}}"),
        ),
        {"x": "given"},
    )
    assert done.logs == ["2", "set"]


def test_connected_data_comes_before_config() -> None:
    done = run(graph("m > l", "m.result > l.data", m=node("MathOperation", a=2, b=2), l=node("Log", data="config")))
    assert done.logs == ["4"]


def test_config_stands_in_for_a_source_that_has_not_run() -> None:
    done = run(graph("s > l", "later.value > l.data", "l > later", s=START, l=node("Log", data="config"),
                     later=node("SetVariable", variable_name="x", value=1)))  # fmt: skip
    assert done.logs == ["config"]


def test_a_connection_from_a_port_that_is_not_there_takes_the_only_output() -> None:
    done = run(graph("m > l", "m.output > l.data", m=node("MathOperation", a=2, b=3), l=node("Log")))
    assert done.logs == ["5"]


def test_a_data_node_that_no_flow_passes_runs_when_it_is_read() -> None:
    done = run(graph("s > l", "join.result > l.data", "sum.result > join.string_2", s=START, l=node("Log"),
                     join=node("Concatenate", string_1="sum ", string_2=""), sum=node("MathOperation", a=1, b=2),
                     idle=node("MathOperation")))  # fmt: skip
    assert done.ran == ["s", "sum", "join", "l"]
    assert done.logs == ["sum 3"]


def test_it_also_runs_when_only_a_reference_names_it_and_whatever_the_order_of_appearance() -> None:
    done = run(graph(l=node("Log", data="{{sum.result}}"), sum=node("MathOperation", a="{{n}}", b=2)), {"n": 5})
    assert done.ran == ["sum", "l"]
    assert done.logs == ["7"]


def test_it_runs_again_each_time_it_is_read() -> None:
    done = run(graph("f.body > l", f=node("ForLoopStart", mode="range", end=3, item_var="i"),
                     l=node("Log", data="{{double.result}}"), double=node("MathOperation", a="{{i}}", b=2,
                                                                          operation="multiply")))  # fmt: skip
    assert done.logs == ["0", "2", "4"]


def test_data_nodes_that_read_each_other_end_in_a_clear_error() -> None:
    done = run(graph("s > l", "a.result > b.a", "b.result > a.a", s=START, l=node("Log", data="{{b.value}}"),
                     a=node("Comparison", operator="<"), b=node("Comparison", operator="<")))  # fmt: skip
    assert "cannot be put in order" in done.failure.error_message


# References


def test_only_a_reference_keeps_its_type() -> None:
    variables = {"rows": [{"id": 7}], "n": 2.0, "none": None, "yes": True}
    config = {
        "all": "{{rows}}",
        "one": " {{ rows[0].id }} ",
        "text": "{{n}}|{{none}}|{{yes}}|{{rows}}",
        "deep": [{"x": "{{n}}"}],
    }
    done = run(graph(a=node("SetVariable", variable_name="made", value=config)), variables)
    assert done.variables["made"] == {
        "all": [{"id": 7}], "one": 7, "text": '2.0|null|true|[{"id": 7}]', "deep": [{"x": 2.0}],
    }  # fmt: skip


def test_what_a_reference_brings_is_not_searched_for_references_again() -> None:
    done = run(graph(a=node("SetVariable", variable_name="made", value="<{{a1}}>")), {"a1": "{{a1}} {{secret}}"})
    assert done.variables["made"] == "<{{a1}} {{secret}}>"


def test_braces_that_name_nothing_sensible_stay() -> None:
    text = '{{}} {{ }} {{"a": 1}} {{open {a} }}'
    assert run(graph(a=node("SetVariable", variable_name="made", value=text))).variables["made"] == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{nobody}}", "Nothing is named nobody here."),
        ("{{n.x}}", "There is no x in a number."),
        ("{{rows[3]}}", "The list has 1 items, and none at 3."),
        ("{{rows.x}}", "A list is read by a whole number."),
        ("{{rows[0].y}}", "The object has no key y."),
        ("{{rows[0}}", "The path [0 makes no sense."),
        ("{{n.__class__}}", "There is no __class__ in a number."),
    ],
)
def test_a_reference_to_nothing_fails_its_step(text: str, sentence: str) -> None:
    done = run(graph(a=node("SetVariable", variable_name="x", value=text)), {"n": 1, "rows": [{"id": 7}]})
    assert done.failure.error_message == sentence
    assert done.failure.node_id == "a"


# Errors


def failing(**settings: Any) -> Graph:
    return graph("a > b", "b > c", settings=settings, a=START, c=node("Log", data="went on"),
                 b=node("ThrowError", message="No paper.", error_type="PrinterError"))  # fmt: skip


def test_the_first_error_fails_the_run() -> None:
    done = run(failing())
    assert done.ended["b"].status == "failed"
    assert done.ended["b"].error == "No paper."
    failure = done.failure
    assert (failure.error_message, failure.error_type, failure.node_id) == ("No paper.", "PrinterError", "b")
    assert done.machine.done
    assert done.machine.progress < 100


@pytest.mark.parametrize("word", [False, "false"])
def test_a_flow_that_does_not_stop_on_errors_goes_on(word: object) -> None:
    done = run(failing(stop_on_error=word))
    assert done.logs == ["went on"]
    assert done.result["recovered"] is True
    assert done.result["executed_nodes"] == 3


def test_so_does_one_whose_failing_node_says_so() -> None:
    given = failing()
    given["nodes"]["b"]["config"]["continue_on_error"] = True
    assert run(given).logs == ["went on"]


def test_a_node_that_failed_has_no_outputs_of_an_earlier_round() -> None:
    given = graph("f.body > m", "m > l", f=node("ForLoopStart", mode="items", items=[1, "x"], item_var="i"),
                  m=node("MathOperation", a="{{i}}", b=1, continue_on_error=True),
                  l=node("Log", data="{{m.result}}", continue_on_error=True))  # fmt: skip
    assert run(given).logs == ["2"]


def test_an_unknown_type_fails_its_step_by_name() -> None:
    failure = run(graph("a > b", a=START, b=node("BrowserClickNode"))).failure
    assert failure.error_message == "This interpreter knows no node of the type BrowserClickNode."
    assert (failure.error_type, failure.node_id) == ("UnknownNodeError", "b")


# Progress


def test_progress_rises_and_never_falls() -> None:
    given = graph("s > f", "f.body > a", "a > e", "f.completed > z", s=START, z=END, a=node("Merge"),
                  f=node("ForLoopStart", mode="range", end=5), e=node("ForLoopEnd", paired_start_id="f"))  # fmt: skip
    machine, seen = start(given), [0]
    while not machine.done:
        machine.step(0.0)
        seen.append(machine.progress)
    assert seen == sorted(seen)
    assert (seen[1], seen[-2], seen[-1]) == (20, 99, 100)


def test_the_same_graph_takes_the_same_way() -> None:
    given = graph("s > a", "s > b", s=START, a=node("Log", data="a"), b=node("Log", data="b"))
    assert drive(start(given)).events == drive(start(given, None, Bounds())).events
