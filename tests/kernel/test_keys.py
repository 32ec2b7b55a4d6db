from rdos.kernel.keys import DJANGO, FIELD_ENCRYPTION, JOURNAL, JWT, RATE_LIMITS, derive, derive_text, key_id

MASTER = "a long and random master key"


def test_each_purpose_has_a_key_of_its_own() -> None:
    purposes = (DJANGO, JWT, FIELD_ENCRYPTION, JOURNAL, RATE_LIMITS)
    assert len({derive(MASTER, purpose) for purpose in purposes}) == len(purposes)


def test_a_key_has_256_bits() -> None:
    assert len(derive(MASTER, JWT)) == 32


def test_the_same_master_always_gives_the_same_key() -> None:
    # Written down on purpose: if this changes, every stored secret of every hub becomes unreadable.
    assert derive(MASTER, JOURNAL).hex() == "31a6c020710a0e5ad0c9f82999004052d41eef2b5373a8a041ecc4cbda17fdcf"


def test_another_master_gives_other_keys() -> None:
    assert derive(MASTER, JWT) != derive(MASTER + "!", JWT)


def test_the_text_form_is_safe_in_urls_and_headers() -> None:
    assert derive_text(MASTER, JWT).replace("-", "").replace("_", "").isalnum()


def test_the_name_of_a_key_is_no_part_of_the_key() -> None:
    name = key_id(MASTER, JOURNAL)
    assert len(name) == 8
    assert name not in derive(MASTER, JOURNAL).hex()
