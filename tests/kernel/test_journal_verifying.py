from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from django.db.models import F

from rdos.kernel.journal import follow, seal, verify
from rdos.kernel.journal.chain import chain_hash, sign
from rdos.kernel.journal.verifying import Head, head
from rdos.kernel.models import JournalEntry, JournalSeal
from tests.kernel.journalling import by_hand, note, notes, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_seals() -> None:
    for _ in range(3):
        notes(3)
        seal()


def first_problem() -> str:
    with pytest.raises(CommandError) as failure:
        said("journal", "verify")
    assert failure.value.returncode == 1
    return str(failure.value).removeprefix("The journal is broken, first here: ")


def test_an_untouched_journal_is_whole() -> None:
    assert verify() == []
    assert "The journal is whole." in said("journal", "verify")


def test_unsealed_entries_are_no_problem() -> None:
    note()
    assert verify() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "lamp.broken"),
        ("actor_label", "Mallory"),
        ("actor_address", "192.0.2.66"),
        ("object_id", "99"),
        ("summary", "nothing to see"),
        ("after", '{"lit": false}'),
        ("details", '{"a": 1}'),
    ],
)
def test_an_edited_entry_is_noticed(column: str, value: str) -> None:
    by_hand(f"UPDATE kernel_journalentry SET {column} = %s WHERE position = 5", value)
    assert first_problem() == "Seal 2 does not match: it, or an entry between 4 and 6, changed."


def test_an_entry_moved_in_time_is_noticed() -> None:
    JournalEntry.objects.filter(position=5).update(at=F("at") + timedelta(milliseconds=1))
    assert first_problem().startswith("Seal 2 does not match")


def test_a_deleted_entry_is_named() -> None:
    by_hand("DELETE FROM kernel_journalentry WHERE position = 5")
    assert first_problem() == "Entry 5 of seal 2 is missing."


def test_an_inserted_entry_is_named() -> None:
    extra = note()
    by_hand("UPDATE kernel_journalentry SET position = 10 WHERE id = %s", extra.pk)
    assert first_problem() == "Entry 10 has a position but no seal."


def test_an_entry_put_before_the_first_is_named() -> None:
    extra = note()
    by_hand("UPDATE kernel_journalentry SET position = 0 WHERE id = %s", extra.pk)
    assert first_problem() == "Entry 0 has a position but no seal."


def test_an_exchanged_entry_is_noticed() -> None:
    by_hand("DELETE FROM kernel_journalentry WHERE position = 5")
    extra = note(2)
    by_hand("UPDATE kernel_journalentry SET position = 5 WHERE id = %s", extra.pk)
    assert first_problem().startswith("Seal 2 does not match")


def test_reordered_entries_are_noticed() -> None:
    for old, new in ((4, -1), (6, 4), (-1, 6)):
        by_hand("UPDATE kernel_journalentry SET position = %s WHERE position = %s", new, old)
    assert first_problem().startswith("Seal 2 does not match")


def test_a_seal_made_without_the_key_is_noticed() -> None:
    JournalEntry.objects.filter(position=5).update(summary="forged")
    forged = JournalSeal.objects.get(number=2)
    forged.hash = chain_hash(forged, JournalEntry.objects.filter(position__range=(4, 6)).order_by("position"))
    forged.signature = sign(forged.hash, "a key that the forger made up")
    forged.save()
    assert first_problem() == "Seal 2 is not signed by this hub."
    assert "Seal 3 does not continue the seal before it." in [problem.sentence for problem in verify()]


@pytest.mark.parametrize("change", ["sealed_at = '2020-01-01 00:00:00'", "previous_hash = 'x'", "hash = 'x'"])
def test_an_edited_seal_is_noticed(change: str) -> None:
    by_hand(f"UPDATE kernel_journalseal SET {change} WHERE number = 2")
    assert verify()[0].seal == 2


def test_a_missing_seal_is_named() -> None:
    JournalSeal.objects.filter(number=2).delete()
    assert first_problem() == "Seal 2 is missing: seal 3 stands in its place."


def test_a_missing_first_seal_is_named() -> None:
    JournalSeal.objects.filter(number=1).delete()
    assert first_problem() == "Seal 1 is missing: seal 2 stands in its place."


def test_entries_without_their_seal_are_named() -> None:
    JournalSeal.objects.filter(number=3).delete()
    assert first_problem() == "Entry 7 has a position but no seal."


def test_a_cut_off_end_is_noticed_by_a_reader_that_had_read_it() -> None:
    with follow("mailer"):
        pass
    cut_off_the_end()
    assert first_problem() == "Reader mailer has read up to 9, but the journal ends at 6."


def test_a_cut_off_end_is_noticed_by_a_head_kept_elsewhere() -> None:
    kept = head()
    assert kept is not None
    cut_off_the_end()
    assert verify() == []
    assert [problem.seal for problem in verify(kept)] == [3]
    with pytest.raises(CommandError, match="the end of the journal was cut off"):
        said("journal", "verify", "--expect", f"{kept.number}:{kept.hash}")


def test_a_rewritten_end_is_noticed_by_a_head_kept_elsewhere() -> None:
    kept = head()
    cut_off_the_end()
    notes(3)
    seal()
    assert verify() == []
    assert [problem.sentence for problem in verify(kept)] == ["Seal 3 is not the one that was remembered."]


def test_a_head_that_still_stands_is_confirmed() -> None:
    assert verify(head()) == []
    assert verify(Head.parse("1:" + JournalSeal.objects.get(number=1).hash)) == []


def test_a_misspelt_head_is_refused_in_words() -> None:
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        said("journal", "verify", "--expect", "nonsense")


def test_the_command_shows_the_newest_entries() -> None:
    note(77)
    lines = said("journal", "tail", "-n", "2").splitlines()
    assert len(lines) == 2
    assert lines[1].split()[0] == "unsealed"
    assert lines[1].endswith("user Alice: lamp.lit lamp Lamp 77")


def test_the_command_seals_what_is_waiting() -> None:
    notes(4)
    assert said("journal", "seal").strip() == "Sealed 4 entries."


def cut_off_the_end() -> None:
    JournalEntry.objects.filter(position__gt=6).delete()
    JournalSeal.objects.filter(number=3).delete()
