"""Two texts, line by line."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from flows.choices import FlowKind
from flows.definition import difference, edits, texts

LINES = some.lists(some.sampled_from("abc"), max_size=12)


def between(before: str, after: str) -> dict[str, Any]:
    return difference(FlowKind.ORGANISM, before, after)


def drawn(found: dict[str, Any]) -> list[list[str]]:
    """As `diff -u` would."""
    signs = {"same": " ", "added": "+", "removed": "-"}
    return [[signs[line["kind"]] + line["text"] for line in hunk] for hunk in found["hunks"]]


def numbered(count: int, **changed: str) -> str:
    return "".join(f"{changed.get(f'l{number}', number)}\n" for number in range(1, count + 1))


def rebuilt(old: list[str], new: list[str]) -> list[str]:
    """The old lines with the edits done to them, from the end on."""
    result = list(old)
    for edit in reversed(edits.edits(old, new)):
        result[edit.old_start : edit.old_end] = new[edit.new_start : edit.new_end]
    return result


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\n\nb\r\n"])
def test_equal_texts_have_no_hunks(text: str) -> None:
    assert between(text, text) == {"added": 0, "removed": 0, "hunks": [], "truncated": False}


def test_a_line_carries_its_kind_and_both_its_numbers() -> None:
    assert between("a\nb\n", "a\nc\nd\n") == {
        "added": 2,
        "removed": 1,
        "hunks": [
            [
                {"kind": "same", "text": "a", "old_line": 1, "new_line": 1},
                {"kind": "removed", "text": "b", "old_line": 2, "new_line": None},
                {"kind": "added", "text": "c", "old_line": None, "new_line": 2},
                {"kind": "added", "text": "d", "old_line": None, "new_line": 3},
            ]
        ],
        "truncated": False,
    }


def test_three_lines_around_a_change_are_shown() -> None:
    found = between(numbered(20), numbered(20, l10="ten"))
    assert drawn(found) == [[" 7", " 8", " 9", "-10", "+ten", " 11", " 12", " 13"]]


def test_changes_far_apart_are_hunks_of_their_own_and_keep_count() -> None:
    found = between(numbered(30), numbered(30, l5="five\nand a half", l20="twenty"))
    assert [hunk[0] for hunk in drawn(found)] == [" 2", " 17"]
    first_same = found["hunks"][1][0]
    assert (first_same["old_line"], first_same["new_line"]) == (17, 18)


def test_changes_whose_surroundings_touch_are_one_hunk() -> None:
    assert len(between(numbered(30), numbered(30, l5="five", l12="twelve"))["hunks"]) == 1
    assert len(between(numbered(30), numbered(30, l5="five", l13="thirteen"))["hunks"]) == 2


def test_a_missing_end_of_the_last_line_is_a_change() -> None:
    assert drawn(between("a\nb", "a\nb\n")) == [[" a", "-b", "+b"]]


def test_a_first_text_is_all_new_and_an_emptied_one_all_gone() -> None:
    assert drawn(between("", "a\nb\n")) == [["+a", "+b"]]
    assert drawn(between("a\nb\n", "")) == [["-a", "-b"]]


def test_the_fewest_lines_are_told() -> None:
    found = between("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n")
    assert found["added"] + found["removed"] == 5


@settings(max_examples=150)
@given(LINES, LINES)
def test_the_edits_make_the_new_text_of_the_old(old: list[str], new: list[str]) -> None:
    assert rebuilt(old, new) == new
    places = [(edit.old_start, edit.new_start, edit.old_end, edit.new_end) for edit in edits.edits(old, new)]
    assert places == sorted(places)


@settings(max_examples=100)
@given(LINES, LINES)
def test_no_shorter_way_exists(old: list[str], new: list[str]) -> None:
    found = edits.edits(old, new)
    told = sum(edit.old_end - edit.old_start + edit.new_end - edit.new_start for edit in found)
    assert told == len(old) + len(new) - 2 * longest_common(old, new)


def longest_common(old: list[str], new: list[str]) -> int:
    row = [0] * (len(new) + 1)
    for one in old:
        before = row
        row = [0]
        for place, other in enumerate(new):
            row.append(before[place] + 1 if one == other else max(before[place + 1], row[-1]))
    return row[-1]


@settings(max_examples=100)
@given(some.text("ab\n\r\u2028", max_size=40), some.text("ab\n\r\u2028", max_size=40))
def test_each_text_can_be_read_out_of_a_difference_without_context_limits(before: str, after: str) -> None:
    lines = [line for hunk in between(before, after)["hunks"] for line in hunk]
    assert all(line["old_line"] or line["new_line"] for line in lines)
    for side, text in (("old_line", before), ("new_line", after)):
        whole = text.split("\n")
        assert all(whole[line[side] - 1] == line["text"] for line in lines if line[side])


def test_a_rewritten_text_is_told_whole_and_cut() -> None:
    before = "".join(f"old {number}\n" for number in range(3000))
    after = "".join(f"new {number}\n" for number in range(3000))
    found = between(before, after)
    assert (found["added"], found["removed"], found["truncated"]) == (3000, 3000, True)
    assert sum(map(len, found["hunks"])) == texts.MOST_LINES


def test_many_hunks_are_cut_too() -> None:
    before, after = numbered(8000), numbered(8000, **{f"l{number}": "new" for number in range(10, 8000, 20)})
    found = between(before, after)
    assert found["truncated"] and sum(map(len, found["hunks"])) == texts.MOST_LINES
    assert (found["added"], found["removed"]) == (400, 400)


def test_a_long_line_is_shown_by_its_beginning() -> None:
    ((removed, added),) = between("x" * 9000, "x" * 9001)["hunks"]
    assert removed["text"] == added["text"] == "x" * texts.LONGEST_LINE + "…"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n" * 1_000_000, "a\n" * 500_000 + "b\n" + "a\n" * 500_000),
        ("\n" * 2_000_000, "b\n" * 1_000_000),
        ("a\nb\n" * 2500, "b\na\na\n" * 1600),
        ("x\n" + "a\nb\n" * 4500 + "x\n" * 900, "y\n" + "a\nb\n" * 4500 + "y\n" * 900),
        ("".join(f"{n % 7}\n" for n in range(5000)), "".join(f"{n % 11}\n" for n in range(5000))),
        ("".join(f"{n}\n" for n in range(400)), "".join(f"{n}\n" for n in range(400, 0, -1))),
    ],
)
def test_the_largest_and_the_most_alike_are_compared_without_delay(before: str, after: str) -> None:
    begun = time.process_time()
    between(before, after)
    assert time.process_time() - begun < 3
