from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from rdos.kernel.journal import seal, verify
from rdos.kernel.journal.sealing import wait_for_other_sealers
from rdos.kernel.models import JournalEntry, JournalSeal
from tests.kernel.journalling import note, notes, positions

PATIENCE = 20
Result = TypeVar("Result")


def in_a_thread(work: Callable[[], Result]) -> Callable[[], Result]:
    def closing_its_connection() -> Result:
        try:
            return work()
        finally:
            connection.close()

    return closing_its_connection


def seal_everything() -> int:
    total = 0
    while count := seal(limit=7):
        total += count
    return total


def test_sealing_gives_positions_without_gaps(db: None) -> None:
    notes(3)
    assert seal() == 3
    notes(2)
    assert seal() == 2
    assert positions() == [1, 2, 3, 4, 5]


def test_each_seal_continues_the_one_before(db: None) -> None:
    notes(5)
    assert [seal(limit=2), seal(limit=2), seal(limit=2), seal(limit=2)] == [2, 2, 1, 0]
    seals = list(JournalSeal.objects.order_by("number"))
    assert [(each.number, each.first_position, each.last_position, each.count) for each in seals] == [
        (1, 1, 2, 2),
        (2, 3, 4, 2),
        (3, 5, 5, 1),
    ]
    assert [each.previous_hash for each in seals] == ["", seals[0].hash, seals[1].hash]
    assert verify() == []


def test_nothing_to_seal_leaves_no_seal(db: None) -> None:
    assert seal() == 0
    assert not JournalSeal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sealing_needs_a_transaction_of_its_own() -> None:
    note()
    with pytest.raises((RuntimeError, TransactionManagementError)), transaction.atomic():
        seal()


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_neither_double_nor_skip() -> None:
    notes(60)
    start = Barrier(2)

    def work() -> int:
        start.wait(PATIENCE)
        return seal_everything()

    with ThreadPoolExecutor(2) as threads:
        sealed = [threads.submit(in_a_thread(work)) for _ in range(2)]
        assert sum(each.result(PATIENCE) for each in sealed) == 60
    assert positions() == list(range(1, 61))
    assert verify() == []


@pytest.mark.django_db(transaction=True)
def test_sealers_and_writers_side_by_side_lose_nothing() -> None:
    written = Event()

    def write() -> None:
        for number in range(40):
            with transaction.atomic():
                note(number)
        written.set()

    def keep_sealing() -> int:
        total = 0
        while not written.is_set():
            total += seal(limit=3)
        return total + seal_everything()

    with ThreadPoolExecutor(3) as threads:
        sealers = [threads.submit(in_a_thread(keep_sealing)) for _ in range(2)]
        threads.submit(in_a_thread(write)).result(PATIENCE)
        assert sum(each.result(PATIENCE) for each in sealers) == 40
    given = JournalEntry.objects.order_by("position").values_list("position", flat=True)
    assert list(given) == list(range(1, 41))
    assert verify() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time: nobody can commit late")
def test_a_late_commit_gets_a_later_position_although_its_id_is_lower() -> None:
    has_written, may_commit = Event(), Event()

    def commit_late() -> int:
        with transaction.atomic():
            entry = note(1)
            has_written.set()
            assert may_commit.wait(PATIENCE)
            return entry.pk

    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(in_a_thread(commit_late))
        assert has_written.wait(PATIENCE)
        early = note(2)
        assert seal() == 1
        may_commit.set()
        late_id = late.result(PATIENCE)
    assert late_id < early.pk
    assert seal() == 1
    assert dict(JournalEntry.objects.values_list("id", "position")) == {early.pk: 1, late_id: 2}
    assert verify() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks the whole database instead")
def test_a_second_sealer_waits_for_the_first() -> None:
    note()
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            wait_for_other_sealers()
            second = threads.submit(in_a_thread(seal))
            with pytest.raises(TimeoutError):
                second.result(0.2)
        assert second.result(PATIENCE) == 1
