from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from rdos.kernel.journal import follow, seal
from rdos.kernel.models import JournalCursor
from tests.kernel.journalling import note, notes


class GoesWrong(Exception):
    pass


def read(name: str, limit: int = 100) -> list[int | None]:
    with follow(name, limit=limit) as entries:
        return [entry.position for entry in entries]


def test_a_reader_gets_each_entry_once_and_in_order(db: None) -> None:
    notes(5)
    seal()
    assert [read("mailer", 2), read("mailer", 2), read("mailer", 2), read("mailer", 2)] == [[1, 2], [3, 4], [5], []]


def test_what_is_not_sealed_is_not_read_yet(db: None) -> None:
    note()
    assert read("mailer") == []
    seal()
    assert read("mailer") == [1]


def test_readers_do_not_disturb_each_other(db: None) -> None:
    notes(2)
    seal()
    assert read("mailer") == [1, 2]
    assert read("painter") == [1, 2]


def test_a_reader_that_fails_gets_the_same_entries_again(db: None) -> None:
    notes(2)
    seal()
    with pytest.raises(GoesWrong), follow("mailer"):
        raise GoesWrong
    assert read("mailer") == [1, 2]


def test_the_cursor_remembers_how_far_a_reader_came(db: None) -> None:
    notes(3)
    seal()
    read("mailer", 2)
    assert JournalCursor.objects.get(name="mailer").position == 2


@pytest.mark.django_db(transaction=True)
def test_two_processes_of_one_reader_share_the_entries_between_them() -> None:
    notes(40)
    seal()

    def work() -> list[int | None]:
        mine: list[int | None] = []
        try:
            while entries := read("mailer", 3):
                mine += entries
        finally:
            connection.close()
        return mine

    with ThreadPoolExecutor(2) as threads:
        shares = [threads.submit(work) for _ in range(2)]
        together = [position for share in shares for position in share.result(20)]
    assert sorted(together, key=int) == list(range(1, 41))
