"""Notices a master key that does not fit the database, before anything is written with it."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import IntegrityError, connections, transaction

from rdos.kernel.encryption import Unreadable, conceal, reveal
from rdos.kernel.errors import Unavailable
from rdos.kernel.models import KeyCheck

KNOWN_WORD = "this master key fits"
ADVICE = (
    "RDOS_MASTER_KEY does not fit this database, which was set up with another one. Give the former key back; or, to "
    "change keys, set the former one as RDOS_MASTER_KEY_PREVIOUS and run `manage.py rotate-keys`."
)


class WrongMasterKey(Unavailable):
    """RDOS_MASTER_KEY does not fit this database."""

    code = "wrong_master_key"

    def __init__(self) -> None:
        super().__init__(ADVICE)


def check_master_key() -> None:
    """Remembers the master key of a new database (its check value, never the key), and refuses another one later."""
    row = KeyCheck.objects.filter(pk=KeyCheck.ONLY).first() or _remembered()
    try:
        reveal(row, "value")
    except Unreadable as error:
        raise WrongMasterKey from error


def _remembered() -> KeyCheck:
    row = KeyCheck(pk=KeyCheck.ONLY)
    conceal(row, "value", KNOWN_WORD)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another process of the same start was first; its value is checked instead.
        return KeyCheck.objects.get(pk=KeyCheck.ONLY)
    return row


def check_on_start(*, databases: Any = None, **_options: Any) -> list[CheckMessage]:
    """A system check, run by `migrate`: it only looks, and is silent before the first migration."""
    aliases = databases or []
    if "default" not in aliases or KeyCheck._meta.db_table not in connections["default"].introspection.table_names():
        return []
    row = KeyCheck.objects.filter(pk=KeyCheck.ONLY).first()
    try:
        if row is not None:
            reveal(row, "value")
    except Unreadable:
        return [Error(WrongMasterKey().detail, id="kernel.E001")]
    return []
