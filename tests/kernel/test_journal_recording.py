from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from rdos.kernel.clock import database_now
from rdos.kernel.journal import SYSTEM, Row, Who, changes, record, row_of, seal, verify
from rdos.kernel.models import JournalCursor, JournalEntry
from rdos.kernel.secrecy import HIDDEN
from tests.kernel.journalling import ALICE, note

LAMP = Row("lamp", "1", "Lamp 1")


class Size(IntEnum):
    LARGE = 3


class Colour(StrEnum):
    RED = "red"


class GoesWrong(Exception):
    pass


def kept(value: object) -> Any:
    entry = record(who=ALICE, action="lamp.changed", about=LAMP, details={"value": value})
    details = JournalEntry.objects.get(pk=entry.pk).details
    return details["value"]


def test_an_entry_tells_who_did_what_to_which_row(db: None) -> None:
    entry = JournalEntry.objects.get(pk=note().pk)
    assert (entry.actor_kind, entry.actor_id, entry.actor_label) == ("user", "1", "Alice")
    assert (entry.actor_address, entry.request_id) == ("192.0.2.1", "r-1")
    assert (entry.action, entry.object_kind, entry.object_id, entry.object_label) == ("lamp.lit", "lamp", "1", "Lamp 1")
    assert (entry.before, entry.after, entry.position) == (None, {"lit": True}, None)


def test_an_entry_has_the_time_of_the_database(db: None) -> None:
    entry = JournalEntry.objects.get(pk=note().pk)
    assert abs(entry.at - database_now()) < timedelta(seconds=20)


def test_an_entry_goes_with_the_change_when_that_is_undone(db: None) -> None:
    with pytest.raises(GoesWrong), transaction.atomic():
        note()
        raise GoesWrong
    assert not JournalEntry.objects.exists()


def test_a_row_is_named_so_that_it_is_understood_without_it(db: None) -> None:
    cursor = JournalCursor.objects.create(name="mailer", position=4)
    assert row_of(cursor) == Row("journalcursor", str(cursor.pk), "mailer at 4")


def test_only_what_changed_is_told() -> None:
    assert changes({"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 5, "new": None}) == (
        {"b": 2, "gone": 3},
        {"b": 5, "gone": None},
    )


def test_secrets_are_never_stored_however_deep(db: None) -> None:
    secrets = {"password": "hunter22", "keys": [{"api_key": "hunter22"}], "tls": {"private_key": "hunter22"}}
    entry = record(who=SYSTEM, action="user.changed", about=LAMP, before=secrets, after=secrets, details=secrets)
    row = JournalEntry.objects.filter(pk=entry.pk).values().get()
    assert "hunter22" not in str(row)
    assert row["after"]["password"] == HIDDEN


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000000Z"),
        (Decimal("1.50"), "1.50"),
        (Size.LARGE, 3),
        (Colour.RED, "red"),
        ({"b", "a"}, ["a", "b"]),
        (("x", None, True), ["x", None, True]),
        (float("inf"), "inf"),
        (1e300, "1e+300"),
        (2**70, hex(2**70)),
        ("a\x00b\ud800c", "a\ufffdb?c"),
        ("x" * 20_000, "x" * 9_999 + "…"),
    ],
)
def test_any_value_can_be_kept(db: None, value: object, stored: object) -> None:
    assert kept(value) == stored
    seal()
    assert verify() == []


def test_bottomless_facts_are_cut_off(db: None) -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(100):
        inner["in"] = {}
        inner = inner["in"]
    assert "…" in str(kept(deep))


def test_names_of_any_length_fit(db: None) -> None:
    long = "x" * 1000
    entry = record(who=Who(long, long, long, long, long), action=long, about=Row(long, long, long), summary=long)
    entry.refresh_from_db()
    assert len(entry.summary) == 500
    assert entry.summary.endswith("…")
