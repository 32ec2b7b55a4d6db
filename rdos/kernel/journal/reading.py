"""Readers follow the positions, each with a cursor row of its own, and miss nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models.functions import Now

from rdos.kernel.models import JournalCursor, JournalEntry, JournalSeal


@contextmanager
def follow(name: str, *, limit: int = 500) -> Iterator[list[JournalEntry]]:
    """The next entries for this reader. The cursor moves in the same transaction as what the block does with them,
    and stays where it was when the block fails. A second process of the same name waits its turn. What the block takes
    away from the end of the list is read the next time."""
    with transaction.atomic():
        JournalCursor.objects.get_or_create(name=name)
        cursor = JournalCursor.objects.select_for_update().get(name=name)
        entries = list(JournalEntry.objects.filter(position__gt=cursor.position).order_by("position")[:limit])
        yield entries
        if entries:
            read_up_to = JournalCursor.objects.filter(pk=cursor.pk)
            read_up_to.update(position=entries[-1].position, moved_at=Now())


def end() -> int:
    """The newest position that was given."""
    newest = JournalSeal.objects.order_by("-number").values_list("last_position", flat=True).first()
    return newest or 0


def skip(name: str, position: int) -> None:
    """This reader has no use for what comes before. A cursor never moves back."""
    JournalCursor.objects.get_or_create(name=name)
    JournalCursor.objects.filter(name=name, position__lt=position).update(position=position, moved_at=Now())
