"""What a seal is made of: the canonical bytes, the hash over them, and the signature."""

import hmac
import json
from collections.abc import Iterable
from hashlib import sha256

from django.conf import settings

from rdos.kernel.journal.storable import instant
from rdos.kernel.keys import JOURNAL, derive, key_id
from rdos.kernel.models import JournalEntry, JournalSeal

# The order and the names are part of every hash: add at the end with a new version, never change.
SEALED_FIELDS = (
    "position",
    "id",
    "action",
    "actor_kind",
    "actor_id",
    "actor_label",
    "actor_address",
    "request_id",
    "object_kind",
    "object_id",
    "object_label",
    "summary",
    "before",
    "after",
    "details",
)
VERSION = 1


def chain_hash(seal: JournalSeal, entries: Iterable[JournalEntry]) -> str:
    total = sha256(_canonical(_header(seal)))
    for entry in entries:
        total.update(b"\n" + _canonical(_facts(entry)))
    return total.hexdigest()


def sign(hash: str, master: str | None = None) -> str:
    key = settings.MASTER_KEY if master is None else master
    return f"{key_id(key, JOURNAL)}:{hmac.new(derive(key, JOURNAL), hash.encode(), sha256).hexdigest()}"


def is_signed(seal: JournalSeal) -> bool:
    masters = (settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS)
    return any(hmac.compare_digest(sign(seal.hash, master), seal.signature) for master in masters if master)


def _header(seal: JournalSeal) -> dict[str, object]:
    return {
        "version": VERSION,
        "number": seal.number,
        "first": seal.first_position,
        "last": seal.last_position,
        "count": seal.count,
        "previous": seal.previous_hash,
        "at": instant(seal.sealed_at),
    }


def _facts(entry: JournalEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in SEALED_FIELDS} | {"at": instant(entry.at)}


def _canonical(facts: dict[str, object]) -> bytes:
    # The standard library's encoder takes integers of any size; a fast one that refused a single entry
    # (written past us, straight into the table) would stop all sealing after it.
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
