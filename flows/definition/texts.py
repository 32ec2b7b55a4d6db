"""Two texts held against each other, line by line, and drawn as hunks."""

from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Any

from flows.definition.edits import Edit, edits

CONTEXT = 3
MOST_LINES, LONGEST_LINE = 2000, 500

Line = dict[str, Any]


def compared(before: str, after: str) -> dict[str, Any]:
    """A line is known by its numbers, from 1; one that was added has no old number, one that is gone no new one."""
    old, new = _lines(before), _lines(after)
    found = edits(old, new)
    hunks, truncated = _bounded(_hunk(group, old, new) for group in _groups(found))
    return {
        "added": sum(edit.new_end - edit.new_start for edit in found),
        "removed": sum(edit.old_end - edit.old_start for edit in found),
        "hunks": hunks,
        "truncated": truncated,
    }


def _lines(text: str) -> list[str]:
    """With their ends, for a last line without one is another line."""
    return StringIO(text, newline="\n").readlines()


def _groups(found: Iterable[Edit]) -> Iterator[list[Edit]]:
    """Edits whose surroundings would touch are told together."""
    group: list[Edit] = []
    for edit in found:
        if group and edit.old_start - group[-1].old_end > 2 * CONTEXT:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _hunk(group: list[Edit], old: list[str], new: list[str]) -> Iterator[Line]:
    place = max(0, group[0].old_start - CONTEXT)
    ahead = group[0].new_start - group[0].old_start
    for edit in group:
        yield from _same(old, place, edit.old_start, ahead)
        for number in range(edit.old_start, edit.old_end):
            yield _line("removed", old[number], number + 1, None)
        for number in range(edit.new_start, edit.new_end):
            yield _line("added", new[number], None, number + 1)
        place, ahead = edit.old_end, edit.new_end - edit.old_end
    yield from _same(old, place, min(place + CONTEXT, len(old)), ahead)


def _same(old: list[str], start: int, end: int, ahead: int) -> Iterator[Line]:
    return (_line("same", old[number], number + 1, number + 1 + ahead) for number in range(start, end))


def _line(kind: str, text: str, old_line: int | None, new_line: int | None) -> Line:
    shown = text.removesuffix("\n")
    shown = shown if len(shown) <= LONGEST_LINE else shown[:LONGEST_LINE] + "…"
    return {"kind": kind, "text": shown, "old_line": old_line, "new_line": new_line}


def _bounded(hunks: Iterable[Iterator[Line]]) -> tuple[list[list[Line]], bool]:
    shown: list[list[Line]] = []
    room = MOST_LINES
    for hunk in hunks:
        lines = list(islice(hunk, room + 1))
        if len(lines) > room:
            return [*shown, lines[:room]] if room else shown, True
        shown.append(lines)
        room -= len(lines)
    return shown, False
