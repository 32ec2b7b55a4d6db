"""Gives committed entries their positions and seals them, a batch at a time."""

from django.db import connection, transaction

from rdos.kernel.clock import database_now
from rdos.kernel.journal.chain import chain_hash, sign
from rdos.kernel.models import JournalEntry, JournalSeal

# Never change: two releases running side by side must wait for each other.
SEALER_LOCK = 7_305_001

# One statement is one snapshot, so an entry that commits meanwhile waits for the next batch whatever its id.
GIVE_POSITIONS = """
UPDATE kernel_journalentry SET position = %s + waiting.place
FROM (
    SELECT id AS entry_id, row_number() OVER (ORDER BY id) AS place
    FROM kernel_journalentry WHERE position IS NULL ORDER BY id LIMIT %s
) AS waiting
WHERE kernel_journalentry.id = waiting.entry_id
"""


def seal(limit: int = 5000) -> int:
    """Seals what is committed and not yet sealed, up to the limit, and says how many entries that were."""
    if not JournalEntry.objects.filter(position=None).exists():
        return 0
    with transaction.atomic(durable=True):
        wait_for_other_sealers()
        last = JournalSeal.objects.order_by("-number").first()
        count = _give_positions(last.last_position if last else 0, limit)
        if count:
            _add_seal(last, count)
    return count


def wait_for_other_sealers() -> None:
    """Held until the transaction ends. On SQLite every transaction is IMMEDIATE, which is the same lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])


def _give_positions(base: int, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(GIVE_POSITIONS, [base, limit])
        return int(cursor.rowcount)


def _add_seal(last: JournalSeal | None, count: int) -> None:
    base = last.last_position if last else 0
    seal = JournalSeal(
        number=last.number + 1 if last else 1,
        first_position=base + 1,
        last_position=base + count,
        count=count,
        previous_hash=last.hash if last else "",
        sealed_at=database_now(),
    )
    entries = JournalEntry.objects.filter(position__gt=base, position__lte=base + count).order_by("position")
    seal.hash = chain_hash(seal, entries)
    seal.signature = sign(seal.hash)
    seal.save(force_insert=True)
