"""Readers follow the positions, each with a cursor row of its own, and miss nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models.functions import Now

from rdos.kernel.models import JournalCursor, JournalEntry


@contextmanager
def follow(name: str, *, limit: int = 500) -> Iterator[list[JournalEntry]]:
    """The next entries for this reader. The cursor moves in the same transaction as what the block does with them,
    and stays where it was when the block fails. A second process of the same name waits its turn."""
    with transaction.atomic():
        JournalCursor.objects.get_or_create(name=name)
        cursor = JournalCursor.objects.select_for_update().get(name=name)
        entries = list(JournalEntry.objects.filter(position__gt=cursor.position).order_by("position")[:limit])
        yield entries
        if entries:
            read_up_to = JournalCursor.objects.filter(pk=cursor.pk)
            read_up_to.update(position=entries[-1].position, moved_at=Now())
