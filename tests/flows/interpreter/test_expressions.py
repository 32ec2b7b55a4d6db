"""The language of conditions: what it says, what it refuses, and where it stops."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flows.interpreter import Bounds, ExpressionError
from flows.interpreter.expressions import evaluate, parse, value_of

NAMES: dict[str, Any] = {
    "n": 3,
    "count": "7",
    "status": "new",
    "flag": False,
    "items": [1, {"price": 2.5, "tags": ["a", "b"]}],
    "order": {"id": "o-1", "lines": [{"net": 10}]},
    "my-node 1": {"result": "x"},
}


def value(text: str) -> Any:
    return evaluate(text, NAMES)


def refusal(text: str) -> tuple[int, str]:
    with pytest.raises(ExpressionError) as refused:
        evaluate(text, NAMES)
    return refused.value.position, refused.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("7 % 4 * 2", 6),
        ("10 / 4", 2.5),
        ("2 - 3 - 4", -5),
        ("-n * 2", -6),
        ("- -n", 3),
        ("1.5e1", 15.0),
        ('"a" + "b"', "ab"),
        ("[1, n] + [[]]", [1, 3, []]),
        ("[]", []),
    ],
)
def test_it_calculates_in_the_usual_order(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{n}} > 2",
        "n == 3 and not n != 3",
        "n >= 3 && n <= 3 || false",
        "!flag",
        "not n == 4",
        "1 < n < 4",
        "not (1 < n < 3)",
        "true or 1 / 0",
        "not (false and 1 / 0)",
        "status in ['new', \"open\"]",
        "status not in [] and 'e' in status",
        "'id' in order and 'price' not in order",
        "null == None and none is null and n is not null",
        "True and not False",
        "'it\\'s' == \"it's\"",
        "'a\\nb' != 'a b'",
        '"b" > "a"',
    ],
)
def test_it_decides(text: str) -> None:
    assert value(text) is True


def test_and_and_or_answer_the_part_that_decided() -> None:
    assert value("null or 'default'") == "default"
    assert value("0 and n") == 0
    assert value("n and 0 or []") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("items[1].price", 2.5),
        ("items[-1]['tags'][0]", "a"),
        ("items.1.price", 2.5),
        ("order.lines[n - 3].net", 10),
        ("order['i' + 'd']", "o-1"),
        ("{{items[1].tags}}[1]", "b"),
        ('{{ order["lines"][0].net }} + 1', 11),
        ("{{my-node 1.result}}", "x"),
    ],
)
def test_it_reads_into_lists_and_objects(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_references_in_quotes_are_filled_in_and_stay_text() -> None:
    assert value('"{{status}}" == "new"') is True
    assert value("'{{n}} of {{order.id}}'") == "3 of o-1"


def test_a_text_that_reads_as_a_number_meets_a_number_as_one() -> None:
    assert value("count > 5 and count == 7 and 10 > count")
    assert value("status != 7")


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("1 +", 3, "ends too early"),
        ("(1", 2, "should be )"),
        ("[1, 2", 5, "should be ,"),
        ("items[0", 7, "should be ]"),
        ("n = 3", 2, "assigns"),
        ("n 3", 2, "makes no sense"),
        ("n ? 1 : 2", 2, "makes no sense"),
        ("a; b", 1, "makes no sense"),
        ('"open', 0, "makes no sense"),
        ("{{open", 0, "makes no sense"),
        ("n not 3", 6, "should be in"),
        ("len(items)", 0, "cannot be called"),
        ("{{n}}()", 0, "cannot be called"),
        ("n and missing", 6, "Nothing is named missing"),
        ("order.nothing", 5, "no key nothing"),
        ("items[5]", 5, "2 items"),
        ("items['x']", 5, "whole number"),
        ("items[true]", 5, "whole number"),
        ("status.upper", 6, "no upper in a text"),
        ("n.__class__", 1, "no __class__ in a number"),
        ("status[0]", 6, "in a text"),
        ("1 / 0", 2, "divided by zero"),
        ("1 % 0", 2, "divided by zero"),
        ("n + 'a'", 2, "one side is a text"),
        ("'a' * 3", 4, "one side is a text"),
        ("n + null", 2, "one side is nothing"),
        ("true + 1", 5, "true or false"),
        ("-status", 0, "one side is a text"),
        ("1 in 2", 2, "Nothing can be in a number"),
        ("n < status", 2, "cannot be put in order"),
        ("items < items", 6, "cannot be put in order"),
        ("99999999999999999999", 0, "too large"),
        ("1e999", 0, "too large"),
    ],
)
def test_whatever_goes_wrong_says_where(text: str, position: int, word: str) -> None:
    found_position, sentence = refusal(text)
    assert word in sentence
    assert found_position == position


@pytest.mark.parametrize(
    "text", ["().__class__.__bases__", "__import__('os')", "items.append(1)", "lambda: 1", "[x for x in items]", "`id`"]
)
def test_nothing_of_python_gets_through(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize("text", ["(" * 51 + "1" + ")" * 51, "not " * 51 + "1", "-" * 51 + "1", "[" * 51, "n[" * 51])
def test_nesting_ends_at_fifty(text: str) -> None:
    assert "nested deeper than 50" in refusal(text)[1]


def test_fifty_levels_are_allowed() -> None:
    assert value("(" * 50 + "n" + ")" * 50) == 3
    assert value("-" * 50 + "n") == 3


def test_a_long_row_is_not_deep() -> None:
    assert value(" + ".join(["1"] * 2000)) == 2000
    assert value(" or ".join(["false"] * 1000)) is False


def test_length_ends_at_ten_thousand() -> None:
    assert value("1" + " " * 9998 + "") == 1
    assert "10,000 characters" in refusal("1" + " " * 10_000)[1]


def test_looking_through_long_lists_again_and_again_ends() -> None:
    names = {"many": list(range(100_000)), "x": -1}
    with pytest.raises(ExpressionError, match="too many steps"):
        evaluate(" or ".join(["x in many"] * 700), names)


def test_values_stay_within_bounds() -> None:
    for text in ("9000000000000000000 * 2", "long + long", "many + many", "'{{long}}{{long}}'"):
        with pytest.raises(ExpressionError, match=r"64 bits|at most") as refused:
            evaluate(text, {"long": "x" * 60, "many": [1] * 60}, Bounds(text=100, items=100))
        assert refused.value.final


def test_a_parsed_expression_can_be_asked_again() -> None:
    part = parse("n > 2")
    assert [value_of(part, {"n": n}) for n in (1, 2, 3)] == [False, False, True]


@given(some.text(max_size=60))
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        evaluate(text, NAMES)
    except ExpressionError as refused:
        assert 0 <= refused.position <= len(text)


WORDS = ["n", "items", "{{order.id}}", "1", "2.5", "'a'", "(", ")", "[", "]", ".", ",", "+", "-", "*", "/", "%", "==",
         "<", "in", "not", "and", "or", "is", "null", "!", "="]  # fmt: skip


@given(some.lists(some.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_row_of_its_words_is_answered_or_refused(text: str) -> None:
    try:
        evaluate(text, NAMES)
    except ExpressionError as refused:
        assert 0 <= refused.position <= len(text)
