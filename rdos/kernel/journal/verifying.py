"""Recomputes the whole chain and says in words what does not fit.

A chain cannot tell by itself that its newest end was cut off. Readers' cursors often can; for certainty, keep the head
that `manage.py journal verify` prints somewhere else, and hand it back with `--expect`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max, Q

from rdos.kernel.journal.chain import chain_hash, is_signed
from rdos.kernel.models import JournalCursor, JournalEntry, JournalSeal

MOST_STRAYS = 10


@dataclass(frozen=True, slots=True)
class Problem:
    sentence: str
    seal: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A seal remembered elsewhere."""

    number: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> "Head":
        number, _, hash = text.partition(":")
        return cls(int(number), hash)


def verify(expected: Head | None = None) -> list[Problem]:
    # Read first, readers before entries: what is sealed meanwhile then has its seal when the seals are read.
    readers = list(JournalCursor.objects.order_by("name"))
    highest = JournalEntry.objects.aggregate(highest=Max("position"))["highest"] or 0
    problems: list[Problem] = []
    last: JournalSeal | None = None
    for seal in JournalSeal.objects.order_by("number").iterator():
        problems += _check_link(seal, last) + _check_content(seal)
        last = seal
    end = last.last_position if last else 0
    problems += _check_strays(end, highest) + _check_readers(end, readers)
    return problems + (_check_expected(expected) if expected else [])


def head() -> Head | None:
    last = JournalSeal.objects.order_by("-number").first()
    return Head(last.number, last.hash) if last else None


def _check_link(seal: JournalSeal, last: JournalSeal | None) -> list[Problem]:
    number, first, previous = (last.number + 1, last.last_position + 1, last.hash) if last else (1, 1, "")
    found = []
    if seal.number != number:
        found.append(Problem(f"Seal {number} is missing: seal {seal.number} stands in its place.", seal=number))
    if seal.first_position != first:
        found.append(Problem(f"Seal {seal.number} begins at {seal.first_position} instead of {first}.", seal.number))
    if seal.previous_hash != previous:
        found.append(Problem(f"Seal {seal.number} does not continue the seal before it.", seal.number))
    return found


def _check_content(seal: JournalSeal) -> list[Problem]:
    gap = _first_gap(seal)
    if gap is not None:
        return [Problem(f"Entry {gap} of seal {seal.number} is missing.", seal.number, gap)]
    if chain_hash(seal, _entries(seal)) != seal.hash:
        between = f"{seal.first_position} and {seal.last_position}"
        return [Problem(f"Seal {seal.number} does not match: it, or an entry between {between}, changed.", seal.number)]
    if not is_signed(seal):
        return [Problem(f"Seal {seal.number} is not signed by this hub.", seal.number)]
    return []


def _entries(seal: JournalSeal) -> Iterator[JournalEntry]:
    inside = JournalEntry.objects.filter(position__gte=seal.first_position, position__lte=seal.last_position)
    return inside.order_by("position").iterator(chunk_size=2000)


def _first_gap(seal: JournalSeal) -> int | None:
    inside = JournalEntry.objects.filter(position__gte=seal.first_position, position__lte=seal.last_position)
    present = inside.order_by("position").values_list("position", flat=True)
    expected = range(seal.first_position, seal.last_position + 1)
    return next(iter(sorted(set(expected).difference(position for position in present if position is not None))), None)


def _check_strays(end: int, highest: int) -> list[Problem]:
    stray = JournalEntry.objects.filter(Q(position__lt=1) | Q(position__gt=end, position__lte=highest))
    found = stray.order_by("position").values_list("position", flat=True)[:MOST_STRAYS]
    return [Problem(f"Entry {position} has a position but no seal.", position=position) for position in found]


def _check_readers(end: int, readers: list[JournalCursor]) -> list[Problem]:
    return [
        Problem(
            f"Reader {each.name} has read up to {each.position}, but the journal ends at {end}.", None, each.position
        )
        for each in readers
        if each.position > end
    ]


def _check_expected(expected: Head) -> list[Problem]:
    seal = JournalSeal.objects.filter(number=expected.number).first()
    if seal is None:
        return [Problem(f"Seal {expected.number} is gone: the end of the journal was cut off.", expected.number)]
    if seal.hash != expected.hash:
        return [Problem(f"Seal {expected.number} is not the one that was remembered.", expected.number)]
    return []
