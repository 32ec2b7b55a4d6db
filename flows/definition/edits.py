"""The fewest edits that make one list of lines into another: Myers' search, with an end to its patience.

`difflib` is quadratic, and worse, where lines repeat; this grows with the number of edits.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Beyond these, everything between the first and the last difference counts as changed.
MOST_EDITS = 1000
MOST_LINES = 20_000


class Edit(NamedTuple):
    """Old lines that gave way to new ones. Ends are exclusive."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def edits(old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    head = _alike(old, new)
    tail = _alike(reversed(old[head:]), reversed(new[head:]))
    left, right = _numbered(old[head : len(old) - tail], new[head : len(new) - tail])
    steps = _searched(left, right) if len(left) + len(right) <= MOST_LINES else None
    whole = [Edit(0, len(left), 0, len(right))] if left or right else []
    return [_moved(edit, head) for edit in (whole if steps is None else _joined(steps))]


def _alike(old: Iterable[str], new: Iterable[str]) -> int:
    """How many lines are the same at the beginning."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _numbered(old: Sequence[str], new: Sequence[str]) -> tuple[list[int], list[int]]:
    """Numbers are compared quicker than long lines."""
    known: dict[str, int] = {}
    return [known.setdefault(line, len(known)) for line in old], [known.setdefault(line, len(known)) for line in new]


def _searched(old: list[int], new: list[int]) -> list[tuple[int, int, bool]] | None:
    """How far each diagonal gets with 0, 1, 2 … edits, until one of them gets to the end."""
    rows: list[Sequence[int]] = []
    for distance in range(MOST_EDITS + 1):
        row = array("l")
        for n in range(distance + 1):
            x = _entered(rows, distance, n)[0]
            diagonal = 2 * n - distance
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            row.append(x)
            if x >= len(old) and x - diagonal >= len(new):
                return _walked_back(rows, distance, n)
        rows.append(row)
    return None


def _entered(rows: list[Sequence[int]], distance: int, n: int) -> tuple[int, bool]:
    """Where a diagonal is entered, and whether by an added line."""
    if not distance:
        return 0, False
    before = rows[distance - 1]
    added = n == 0 or (n != distance and before[n - 1] < before[n])
    return (before[n], True) if added else (before[n - 1] + 1, False)


def _walked_back(rows: list[Sequence[int]], distance: int, n: int) -> list[tuple[int, int, bool]]:
    """The edits in their order: the place in the old list, in the new one, and whether a line was added there."""
    steps = []
    while distance:
        x, added = _entered(rows, distance, n)
        y = x - (2 * n - distance)
        steps.append((x, y - 1, True) if added else (x - 1, y, False))
        distance, n = distance - 1, n if added else n - 1
    return steps[::-1]


def _joined(steps: Iterable[tuple[int, int, bool]]) -> list[Edit]:
    found: list[Edit] = []
    for x, y, added in steps:
        after = Edit(x, x + (not added), y, y + added)
        if found and (found[-1].old_end, found[-1].new_end) == (x, y):
            last = found.pop()
            after = Edit(last.old_start, after.old_end, last.new_start, after.new_end)
        found.append(after)
    return found


def _moved(edit: Edit, by: int) -> Edit:
    return Edit(*(place + by for place in edit))
