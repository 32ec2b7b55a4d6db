"""Loops: over lists, objects, texts and ranges, while something holds, inside each other."""

from typing import Any

import pytest

from tests.flows.interpreter.graphs import Run, graph, node, run

BODY = ["f.body > l", "l > e", "f.completed > z"]
END, CLOSE = node("EndNode"), node("ForLoopEndNode", paired_start_id="f")


def loop(said: str, variables: dict[str, Any] | None = None, **config: Any) -> Run:
    given = graph(*BODY, f=node("ForLoopStartNode", **config), l=node("Log", data=said), e=CLOSE, z=END)
    return run(given, variables)


def complaint_of(variables: dict[str, Any] | None = None, **config: Any) -> str:
    return loop("x", variables, **config).failure.error_message


def test_through_a_list_that_a_variable_holds() -> None:
    done = loop("{{row.id}} {{f.current_index}}", {"rows": [{"id": "a"}, {"id": "b"}]}, list_var="rows", item_var="row")
    assert done.logs == ["a 0", "b 1"]
    assert done.ran == ["f", "l", "e", "f", "l", "e", "f", "z"]
    assert done.outputs("f") == {"iterations": 2}


@pytest.mark.parametrize(
    "config", [{"list_var": "{{a.b}}"}, {"list_var": "a.b"}, {"items": "{{a.b}}"}, {"items": [1, 2]}]
)
def test_however_the_list_is_named(config: dict[str, Any]) -> None:
    assert loop("{{item}}", {"a": {"b": [1, 2]}}, mode="items", **config).logs == ["1", "2"]


def test_over_a_connection() -> None:
    given = graph("c > f", "c.list > f.items", *BODY, c=node("CreateList", item_1="x", item_2="y"), e=CLOSE, z=END,
                  f=node("ForLoopStart"), l=node("Log", data="{{item}}"))  # fmt: skip
    assert run(given).logs == ["x", "y"]


def test_through_an_object_with_its_keys_in_order() -> None:
    done = loop("{{f.current_key}}={{item}}", {"o": {"b": 1, "a": 2}}, list_var="o")
    assert done.logs == ["b=1", "a=2"]


def test_through_the_letters_of_a_text() -> None:
    assert loop("{{item}}", {"t": "añ"}, list_var="t").logs == ["a", "ñ"]


def test_through_nothing_comes_to_completed_at_once() -> None:
    assert loop("x", {"rows": []}, list_var="rows").ran == ["f", "z"]


@pytest.mark.parametrize(
    ("config", "items"),
    [
        ({"start": 1, "end": 4}, ["1", "2", "3"]),
        ({"end": 2}, ["0", "1"]),
        ({"start": 5, "end": 0, "step": -2}, ["5", "3", "1"]),
        ({"start": 0, "end": 5, "step": 2}, ["0", "2", "4"]),
        ({"start": "{{n}}", "end": "{{n}}"}, []),
        ({"start": "1", "end": "3.0"}, ["1", "2"]),
    ],
)
def test_through_a_range(config: dict[str, Any], items: list[str]) -> None:
    assert loop("{{i}}", {"n": 3}, mode="range", item_var="i", **config).logs == items


def test_a_list_that_changes_meanwhile_does_not_change_the_loop() -> None:
    given = graph(*BODY, f=node("ForLoopStart", list_var="rows"), e=CLOSE, z=END,
                  l=node("SetVariable", variable_name="rows", value=[]))  # fmt: skip
    assert run(given, {"rows": [1, 2, 3]}).ran.count("l") == 3


def test_bad_loops_say_why() -> None:
    assert complaint_of(mode="range", step=0) == "step must not be 0."
    assert complaint_of(mode="range", end="many") == "end must be a number, and is a text."
    assert complaint_of(mode="range", end=2.5) == "end must be a whole number."
    assert complaint_of(mode="sideways") == "mode must be items or range."
    assert complaint_of() == "list_var is missing."
    assert complaint_of(list_var="rows") == "Nothing is named rows here."
    assert complaint_of({"n": 1}, list_var="n") == "A loop goes through a list, an object or a text."
    assert complaint_of({"n": []}, list_var="n", item_var="a{b").startswith("item_var must be a name")


def test_loops_inside_each_other() -> None:
    given = graph("o.body > i", "i.body > l", "l > ie", "i.completed > oe", "o.completed > z",
                  o=node("ForLoopStart", mode="range", end=3, item_var="a"),
                  i=node("ForLoopStart", list_var="letters", item_var="b"), l=node("Log", data="{{a}}{{b}}"),
                  ie=node("ForLoopEnd", paired_start_id="i"), oe=node("ForLoopEnd", paired_start_id="o"), z=END,
                  variables={"letters": ["x", "y"]})  # fmt: skip
    assert run(given).logs == ["0x", "0y", "1x", "1y", "2x", "2y"]


def test_the_inner_one_may_go_through_what_the_outer_one_brings() -> None:
    given = graph("o.body > i", "i.body > l", o=node("ForLoopStart", list_var="rows", item_var="row"),
                  i=node("ForLoopStart", list_var="row", item_var="cell"), l=node("Log", data="{{cell}}"))  # fmt: skip
    assert run(given, {"rows": [[1, 2], [], [3]]}).logs == ["1", "2", "3"]


def test_a_branch_in_the_body_need_not_reach_the_end() -> None:
    given = graph("f.body > q", "q.true > l", "l > e", f=node("ForLoopStart", mode="range", end=4),
                  q=node("If", expression="item % 2 == 1"), l=node("Log", data="{{item}}"), e=CLOSE)  # fmt: skip
    assert run(given).logs == ["1", "3"]


def test_old_graphs_that_lead_back_to_the_start_or_on_from_the_end_work_too() -> None:
    back = graph("s > f", "f.body > l", "l > f", "f.completed > z", s=node("Start"), z=node("Log", data="done"),
                 f=node("ForLoopStart", mode="range", end=2), l=node("Log", data="{{item}}"))  # fmt: skip
    assert run(back).logs == ["0", "1", "done"]
    onward = graph("f.body > l", "l > e", "e > z", "e > f", f=node("ForLoopStart", mode="range", end=2), e=CLOSE,
                   l=node("Log", data="{{item}}"), z=node("Log", data="done"))  # fmt: skip
    assert run(
        {
            **onward,
            "nodes": {"s": node("Start"), **onward["nodes"]},
            "connections": [*onward["connections"], *graph("s > f")["connections"]],
        }
    ).logs == ["0", "1", "done"]


def test_what_follows_the_loop_runs_once_even_if_the_body_leads_there_too() -> None:
    given = graph("f.body > l", "l > z", "f.completed > z", f=node("ForLoopStart", mode="range", end=3),
                  l=node("Log", data="{{item}}"), z=node("Log", data="done"))  # fmt: skip
    assert run(given).logs == ["0", "1", "2", "done"]


def test_an_end_outside_its_loop_says_so() -> None:
    assert run(graph("s > e", s=node("Start"), e=CLOSE)).failure.error_message == "No loop is open that could end here."
    wrong = graph(
        "o.body > i",
        "i.body > e",
        o=node("ForLoopStart", mode="range", end=1),
        e=node("ForLoopEnd", paired_start_id="o"),
        i=node("ForLoopStart", mode="range", end=1),
    )
    assert run(wrong).failure.error_message == "This ends the loop o, but i is still open."


def test_while_its_condition_holds() -> None:
    given = graph("w.body > i", "i > e", "w.completed > z", w=node("WhileLoopStartNode", expression="{{n}} < 3"),
                  i=node("IncrementVariableNode", variable_name="n"), z=END,
                  e=node("WhileLoopEndNode", paired_start_id="w"))  # fmt: skip
    done = run(given, {"n": 0})
    assert done.variables == {"n": 3.0}
    assert done.outputs("w") == {"iterations": 3}
    assert done.ran[-1] == "z"


def test_while_a_connected_condition_holds() -> None:
    given = graph(
        "s > w",
        "w.body > i",
        "c.result > w.condition",
        s=node("Start"),
        w=node("WhileLoopStart"),
        i=node("IncrementVariable", variable_name="n"),
        c=node("Comparison", a="{{n}}", b=2, operator="<"),
    )
    assert run(given, {"n": 0}).variables == {"n": 2.0}


def test_max_iterations_ends_a_loop_with_a_warning() -> None:
    given = graph("w.body > l", "w.completed > z", w=node("WhileLoopStart", expression="true", max_iterations=2),
                  l=node("Merge"), z=node("Log", data="{{w.limit_reached}}"))  # fmt: skip
    assert run(given).logs == ["The loop ended after 2 rounds, its max_iterations.", "true"]


def test_a_loop_that_fails_and_does_not_matter_is_left() -> None:
    given = graph(
        "w.body > l",
        "w.completed > z",
        z=node("Log", data="after"),
        l=node("SetVariable", variable_name="n", value="x"),
        w=node("WhileLoopStart", expression="n < 3", continue_on_error=True),
    )
    assert run(given, {"n": 0}).logs == ["after"]


def test_more_rounds_than_allowed_fail_before_they_begin() -> None:
    given = graph(f=node("ForLoopStart", mode="range", end=10**12))
    assert run(given).failure.error_message == "A loop may go round 100,000 times at most."
    endless = graph(w=node("WhileLoopStart", expression="true"))
    assert run(endless, iterations=50).failure.error_message == "A loop may go round 50 times at most."
    assert run(endless, steps=50).failure.error_message == "A run may take 50 steps at most."


def test_a_branch_waits_for_a_loop_whose_body_leads_to_it() -> None:
    given = graph("s > m", "s > f", "f.body > l", "l > m", s=node("Start"), f=node("ForLoopStart", mode="range", end=2),
                  l=node("Log", data="{{item}}"), m=node("Log", data="met"))  # fmt: skip
    assert run(given).logs == ["0", "1", "met"]
