"""Whether the journal's newest seal holds: cheap enough to ask all the time. The whole chain is `journal verify`'s."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.journal.chain import chain_hash, is_signed
from rdos.kernel.models import JournalEntry, JournalSeal
from rdos.kernel.panels import Attention, Level


def newest_seal(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "journal.read"):
        return
    seal = JournalSeal.objects.order_by("-number").first()
    if seal and not _holds(seal.number, seal.hash):
        text = f"Seal {seal.number} does not match its entries. Run `manage.py journal verify` and keep a backup."
        yield Attention("journal-seal", Level.CRITICAL, "The journal was changed from outside", text)


@lru_cache(maxsize=4)
def _holds(number: int, hash: str) -> bool:
    """Once per seal and process: a sealed batch can be thousands of entries long."""
    seal = JournalSeal.objects.filter(number=number).first()
    if seal is None:
        return True
    entries = JournalEntry.objects.filter(position__gte=seal.first_position, position__lte=seal.last_position)
    return chain_hash(seal, entries.order_by("position")) == hash and is_signed(seal)
