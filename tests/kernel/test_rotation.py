import pytest
from django.core.management.base import CommandError
from pytest_django import Settings

from rdos.kernel.encryption import conceal, reveal
from rdos.kernel.journal import seal, verify
from rdos.kernel.journal.chain import sign
from rdos.kernel.master_key import check_master_key
from rdos.kernel.models import JournalSeal, KeyCheck
from rdos.kernel.rotation import BATCH, encrypted_fields, rotate, waiting
from tests.kernel.journalling import notes, said

pytestmark = pytest.mark.django_db

NEW = "coming-4c1e-Vt02-Jd77-key"


@pytest.fixture(autouse=True)
def a_hub_with_secrets() -> None:
    check_master_key()
    for _ in range(3):
        notes(2)
        seal()


@pytest.fixture
def new_key(settings: Settings) -> None:
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = NEW, settings.MASTER_KEY


@pytest.fixture
def rotated(new_key: None, settings: Settings) -> None:
    said("rotate_keys")
    settings.MASTER_KEY_PREVIOUS = ""


def test_every_encrypted_field_is_found() -> None:
    assert (KeyCheck, "value") in list(encrypted_fields())


def test_after_rotation_the_former_key_is_not_needed(rotated: None) -> None:
    check_master_key()
    assert reveal(KeyCheck.objects.get(), "value")
    assert verify() == []


def test_rotation_says_what_it_moved(new_key: None) -> None:
    lines = said("rotate_keys").splitlines()
    assert "kernel.keycheck.value: 1 moved" in lines
    assert "journal seals: 3 moved" in lines


def test_rotation_can_be_run_again(rotated: None) -> None:
    assert "journal seals: 0 moved" in said("rotate_keys")


def test_an_interrupted_rotation_goes_on_where_it_stopped(new_key: None) -> None:
    done = JournalSeal.objects.get(number=1)
    JournalSeal.objects.filter(number=1).update(signature=sign(done.hash))
    assert {tally.what: tally.moved for tally in rotate()}["journal seals"] == 2
    assert verify() == []


def test_more_than_one_batch_is_moved(settings: Settings) -> None:
    notes(BATCH + 5)
    while seal(limit=1):
        pass
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = NEW, settings.MASTER_KEY
    assert {tally.what: tally.moved for tally in rotate()}["journal seals"] == BATCH + 8
    assert {tally.waiting for tally in waiting()} == {0}
    assert verify() == []


def test_checking_only_counts(new_key: None) -> None:
    with pytest.raises(CommandError, match="Not everything"):
        said("rotate_keys", "--check")
    assert {tally.what: tally.waiting for tally in waiting()}["journal seals"] == 3


def test_checking_is_content_after_a_rotation(rotated: None) -> None:
    assert "journal seals: 0 under another key" in said("rotate_keys", "--check")


def test_without_the_former_key_nothing_is_touched(settings: Settings) -> None:
    settings.MASTER_KEY = NEW
    before = list(JournalSeal.objects.order_by("number").values_list("signature", flat=True))
    with pytest.raises(CommandError, match="does not fit this database"):
        said("rotate_keys")
    assert list(JournalSeal.objects.order_by("number").values_list("signature", flat=True)) == before


def test_a_forged_seal_does_not_become_ours_by_rotation(new_key: None) -> None:
    JournalSeal.objects.filter(number=2).update(signature=sign("x", "a made-up key"))
    with pytest.raises(CommandError, match="fit neither key"):
        said("rotate_keys")
    assert [problem.sentence for problem in verify()] == ["Seal 2 is not signed by this hub."]


def test_a_secret_that_fits_neither_key_is_left_as_it_is(new_key: None, settings: Settings) -> None:
    present, settings.MASTER_KEY = settings.MASTER_KEY, "some third key"
    row = KeyCheck.objects.get()
    conceal(row, "value", "foreign")
    row.save()
    settings.MASTER_KEY = present
    assert {tally.what: tally.refused for tally in rotate()}["kernel.keycheck.value"] == 1
    assert KeyCheck.objects.get().value == row.value
