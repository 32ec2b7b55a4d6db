import pytest
from pytest_django import Settings

from rdos.kernel.encryption import EncryptedField, Tampered, UnknownKey, conceal, decrypt, encrypt, reveal
from rdos.kernel.master_key import WrongMasterKey, check_master_key, check_on_start
from rdos.kernel.models import JournalCursor, KeyCheck

OLD = "former-9f27-Qx81-Lm55-key"
PLACE = "shop.safe.code:1"


def test_what_is_concealed_can_be_revealed_and_is_not_in_the_row(db: None) -> None:
    row = KeyCheck(pk=1)
    conceal(row, "value", "hunter22 — pässword")
    row.save()
    row.refresh_from_db()
    assert reveal(row, "value") == "hunter22 — pässword"
    assert row.value.startswith("v1:")
    assert "hunter22" not in row.value


def test_the_same_secret_never_looks_the_same_twice() -> None:
    assert encrypt("hunter22", place=PLACE) != encrypt("hunter22", place=PLACE)


def test_nothing_stays_nothing() -> None:
    row = KeyCheck(pk=1)
    conceal(row, "value", "")
    assert (row.value, reveal(row, "value")) == ("", "")


def test_a_secret_moved_to_another_row_cannot_be_read() -> None:
    with pytest.raises(Tampered):
        decrypt(encrypt("hunter22", place=PLACE), place="shop.safe.code:2")


@pytest.mark.parametrize("position", [13, 20, 40, -3])
def test_a_changed_character_is_noticed(position: int) -> None:
    stored = encrypt("hunter22", place=PLACE)
    other = "A" if stored[position] != "A" else "B"
    changed = stored[:position] + other + stored[position:][1:]
    with pytest.raises(Tampered):
        decrypt(changed, place=PLACE)


@pytest.mark.parametrize("stored", ["hunter22", "v1:", "v1:abc", "v2:00000000:AAAA"])
def test_what_is_not_ciphertext_is_refused_by_name(stored: str) -> None:
    with pytest.raises(Tampered):
        decrypt(stored, place=PLACE)


@pytest.mark.parametrize("rest", ["", "A", "AAAA", "not base64 at all!", "é"])
def test_a_mangled_payload_is_refused_by_name(rest: str) -> None:
    prefix = encrypt("hunter22", place=PLACE)[:12]
    with pytest.raises(Tampered):
        decrypt(prefix + rest, place=PLACE)


def test_the_previous_key_still_reads_but_never_writes(settings: Settings) -> None:
    present, settings.MASTER_KEY = settings.MASTER_KEY, OLD
    stored = encrypt("hunter22", place=PLACE)
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = present, OLD
    assert decrypt(stored, place=PLACE) == "hunter22"
    assert encrypt("hunter22", place=PLACE)[:12] != stored[:12]


def test_a_key_that_the_hub_does_not_have_is_named_as_the_reason(settings: Settings) -> None:
    stored = encrypt("hunter22", place=PLACE)
    settings.MASTER_KEY = OLD
    with pytest.raises(UnknownKey):
        decrypt(stored, place=PLACE)


def test_a_row_without_a_key_cannot_hold_a_secret() -> None:
    with pytest.raises(ValueError, match="Save the row"):
        conceal(KeyCheck(pk=None), "value", "hunter22")


def test_only_an_encrypted_field_can_be_concealed() -> None:
    with pytest.raises(TypeError, match="name is not an EncryptedField"):
        conceal(JournalCursor(pk=1), "name", "hunter22")


def test_an_encrypted_field_is_in_no_form() -> None:
    assert not EncryptedField().editable


def test_a_new_database_remembers_its_master_key(db: None) -> None:
    check_master_key()
    check_master_key()
    assert KeyCheck.objects.count() == 1
    assert check_on_start(databases=["default"]) == []


def test_a_wrong_master_key_is_noticed_in_words(db: None, settings: Settings) -> None:
    check_master_key()
    settings.MASTER_KEY = OLD
    with pytest.raises(WrongMasterKey, match="does not fit this database"):
        check_master_key()
    assert [error.id for error in check_on_start(databases=["default"])] == ["kernel.E001"]


def test_during_a_rotation_both_keys_fit(db: None, settings: Settings) -> None:
    present = settings.MASTER_KEY
    check_master_key()
    settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS = OLD, present
    check_master_key()
