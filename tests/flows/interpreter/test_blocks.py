"""Try, catch and finally: who belongs together, who comes when, and which error goes on."""

from typing import Any

import pytest

from tests.flows.interpreter.graphs import graph, node, run

START, TRY, CATCH, FINALLY = node("StartNode"), node("TryNode"), node("CatchNode"), node("FinallyNode")
BOOM = node("ThrowErrorNode", message="boom", error_type="DemoError")


def log(text: str) -> dict[str, Any]:
    return node("Log", data=text)


WHOLE = ["s > t", "t.try_body > a", "c.catch_body > h", "f.finally_body > k", "t > z"]


def whole(a: dict[str, Any], *more: str, **nodes: Any) -> dict[str, Any]:
    """The catch and the finally are found by their order of appearance."""
    standard = {"s": START, "t": TRY, "a": a, "c": CATCH, "f": FINALLY}
    logs = {
        "h": log("caught {{c.error_message}} {{error_type}}"),
        "k": log("cleaned {{f.had_error}}"),
        "z": log("after"),
    }
    return graph(*WHOLE, *more, **{**standard, **logs, **nodes})


def test_without_an_error_the_catch_is_passed_over() -> None:
    done = run(whole(log("body")))
    assert done.ran == ["s", "t", "a", "f", "k", "z"]
    assert done.logs == ["body", "cleaned false", "after"]
    assert done.result["recovered"] is False


def test_an_error_is_caught_cleaned_up_and_gone() -> None:
    done = run(whole(BOOM))
    assert done.ran == ["s", "t", "a", "c", "h", "f", "k", "z"]
    assert done.logs == ["caught boom DemoError", "cleaned true", "after"]
    assert done.ended["a"].status == "failed"
    assert done.outputs("c")["error_node"] == "a"
    assert done.result["recovered"] is True


def test_flow_that_comes_to_the_catch_or_the_finally_by_itself_ends_there() -> None:
    done = run(whole(log("body"), "a > c", "a > f", "c > f", "h > f", "f > z", "k > z"))
    assert done.ran == ["s", "t", "a", "f", "k", "z"]
    assert run(whole(BOOM, "a > c", "h > f", "h > z", "k > z")).ran == ["s", "t", "a", "c", "h", "f", "k", "z"]


@pytest.mark.parametrize(("types", "caught"), [("", True), ("ValueError, demoerror", True), ("ValueError", False)])
def test_a_catch_may_name_the_errors_it_takes(types: str, caught: bool) -> None:
    done = run(whole(BOOM, c=node("Catch", error_types=types)))
    assert ("h" in done.ran) is caught
    assert done.logs[-1] == ("after" if caught else "cleaned true")


def test_an_error_nobody_caught_goes_on_after_the_finally() -> None:
    given = graph(
        "t.try_body > a", "f.finally_body > k", "t > z", t=TRY, a=BOOM, f=FINALLY, k=log("cleaned"), z=log("after")
    )
    done = run(given)
    assert done.logs == ["cleaned"]
    assert (done.failure.error_message, done.failure.node_id) == ("boom", "a")


def test_unless_the_flow_does_not_stop_on_errors() -> None:
    given = graph(
        "t.try_body > a",
        "f.finally_body > k",
        "t > z",
        t=TRY,
        a=BOOM,
        f=FINALLY,
        k=log("cleaned"),
        z=log("after"),
        settings={"stop_on_error": False},
    )
    assert run(given).logs == ["cleaned", "after"]


def test_an_error_in_the_catch_replaces_the_first_and_the_finally_still_comes() -> None:
    done = run(whole(BOOM, h=node("ThrowError", message="worse")))
    assert done.logs == ["cleaned true"]
    assert (done.failure.error_message, done.failure.node_id) == ("worse", "h")


def test_an_error_in_the_finally_goes_on() -> None:
    done = run(whole(log("body"), k=node("ThrowError", message="worst")))
    assert done.failure.error_message == "worst"


def test_blocks_inside_each_other_are_paired_along_the_flow() -> None:
    given = graph(
        "o.try_body > i", "i.try_body > a", "a > ic", "ic.catch_body > again", "again > oc", "oc.catch_body > h",
        o=TRY, i=TRY, a=BOOM, oc=CATCH, ic=node("Catch"), again=node("ThrowError", message="again"),
        h=log("outer {{error_message}}"),
    )  # fmt: skip
    done = run(given)
    assert done.ran == ["o", "i", "a", "ic", "again", "oc", "h"]
    assert done.logs == ["outer again"]


def test_blocks_one_after_the_other_keep_their_own() -> None:
    given = graph(
        "a.try_body > ax", "ac.catch_body > ah", "a > b", "b.try_body > bx", "bc.catch_body > bh",
        a=TRY, ax=BOOM, ac=CATCH, ah=log("first"), b=TRY, bx=BOOM, bc=CATCH, bh=log("second"),
    )  # fmt: skip
    assert run(given).logs == ["first", "second"]


@pytest.mark.parametrize("named_by", ["partner", "try"])
def test_a_pair_that_is_named_is_a_pair_wherever_it_stands(named_by: str) -> None:
    pair = {"t": node("Try", paired_catch_id="mine", paired_finally_id="end"), "mine": CATCH, "end": FINALLY}
    if named_by == "partner":
        named = {"paired_try_id": "t"}
        pair = {"t": TRY, "mine": node("Catch", **named), "end": node("Finally", **named)}
    given = graph(
        "s > t",
        "t.try_body > a",
        "a > other",
        "other.catch_body > no",
        "mine.catch_body > yes",
        "end.finally_body > k",
        s=START,
        a=BOOM,
        other=CATCH,
        no=log("no"),
        yes=log("yes"),
        k=log("k"),
        **pair,
    )
    assert run(given).logs == ["yes", "k"]


def test_where_body_ports_are_not_used_exec_out_is_the_body() -> None:
    given = graph("t > a", "a > c", "c > h", t=TRY, a=BOOM, c=CATCH, h=log("caught"))
    assert run(given).logs == ["caught"]
    given["nodes"]["a"] = log("fine")
    assert run(given).logs == ["fine"]


def test_an_error_gives_up_the_loops_that_were_open_inside() -> None:
    given = graph("t.try_body > f", "f.body > q", "q.true > x", "c.catch_body > h", "t > z", t=TRY,
                  f=node("ForLoopStart", mode="range", end=5), q=node("If", expression="item == 2"), x=BOOM, c=CATCH,
                  h=log("at {{item}}"), z=log("after"))  # fmt: skip
    done = run(given)
    assert done.logs == ["at 2", "after"]
    assert done.machine.state()["held"] == {}


def test_a_loop_goes_on_after_an_error_caught_inside() -> None:
    given = graph("f.body > t", "t.try_body > q", "q.true > x", "c.catch_body > h", "t > e", "f.completed > z", t=TRY,
                  f=node("ForLoopStart", mode="range", end=3), q=node("If", expression="item == 1"), x=BOOM, c=CATCH,
                  e=node("ForLoopEnd", paired_start_id="f"), h=log("caught at {{item}}"), z=log("after"))  # fmt: skip
    done = run(given)
    assert done.logs == ["caught at 1", "after"]
    assert done.ran.count("e") == 3


def test_a_node_that_does_not_mind_its_errors_troubles_no_catch() -> None:
    done = run(whole(node("ThrowError", message="boom", continue_on_error=True)))
    assert done.logs == ["cleaned false", "after"]


def test_outside_a_block_a_catch_is_skipped_and_a_finally_does_its_work() -> None:
    given = graph("s > c", "c.catch_body > h", "c > f", "f.finally_body > k", "f > z", s=START, c=CATCH, f=FINALLY,
                  h=log("no"), k=log("work"), z=log("after"))  # fmt: skip
    done = run(given)
    assert done.logs == ["work", "after"]
    assert done.ended["c"].status == "skipped"


def test_no_catch_takes_a_limit() -> None:
    power = node("MathOperation", operation="power", a=10, b=10**10)
    failure = run(whole(power)).failure
    assert (failure.error_type, failure.node_id) == ("LimitError", "a")
    assert "64 bits" in failure.error_message


def test_whoever_wanted_to_read_what_failed_is_given_up_too() -> None:
    given = graph("s > t", "t.try_body > l", "m.result > l.data", "c.catch_body > h", s=START, t=TRY, l=node("Log"),
                  m=node("MathOperation", operation="divide", a=1), c=CATCH, h=log("caught"))  # fmt: skip
    done = run(given)
    assert done.ran == ["s", "t", "m", "c", "h"]
    assert done.logs == ["caught"]


def test_a_branch_waits_for_a_block_that_may_still_lead_to_it_by_its_catch() -> None:
    given = graph("s > m", "s > t", "t.try_body > x", "c.catch_body > h", "h > m", s=START, t=TRY, x=BOOM, c=CATCH,
                  h=log("caught"), m=log("met"))  # fmt: skip
    assert run(given).logs == ["caught", "met"]
