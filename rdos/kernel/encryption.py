"""Encrypted fields: AES-256-GCM, bound to the very row and column they were written for.

A row's attribute holds the ciphertext only, so a secret cannot slip into a repr, a log or a serializer by accident.
Stored as `v1:<key id>:<base64url of nonce, ciphertext and tag>`; an empty text means that nothing is stored.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from rdos.kernel.errors import Unavailable
from rdos.kernel.keys import FIELD_ENCRYPTION, derive, key_id

VERSION = "v1"
NONCE_BYTES = 12


class Unreadable(Unavailable):
    """A stored secret cannot be read."""

    code = "secret_unreadable"


class UnknownKey(Unreadable):
    """A stored secret was encrypted with a master key that this hub does not have."""


class Tampered(Unreadable):
    """A stored secret was changed, or moved here from another row."""


class EncryptedField(models.TextField):  # type: ignore[type-arg] # Django's own takes no arguments at run time
    """Holds ciphertext. Write with `conceal`, read with `reveal`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        kwargs["blank"] = True
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


def conceal(row: models.Model, field: str, plaintext: str) -> None:
    setattr(row, field, encrypt(plaintext, place=place_of(row, field)) if plaintext else "")


def reveal(row: models.Model, field: str) -> str:
    stored = str(getattr(row, field))
    return decrypt(stored, place=place_of(row, field)) if stored else ""


def place_of(row: models.Model, field: str) -> str:
    if row.pk is None:
        raise ValueError("Save the row before you conceal a field: the ciphertext is bound to its primary key.")
    declared = row._meta.get_field(field)
    if not isinstance(declared, EncryptedField):
        raise TypeError(f"{field} is not an EncryptedField.")
    return f"{declared.model._meta.label_lower}.{field}:{row.pk}"


def encrypt(plaintext: str, *, place: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(derive(settings.MASTER_KEY, FIELD_ENCRYPTION)).encrypt(nonce, plaintext.encode(), place.encode())
    return f"{present_prefix()}{urlsafe_b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, place: str) -> str:
    master = _master_for(stored)
    try:
        raw = urlsafe_b64decode(stored.rsplit(":", 1)[1])
        opened = AESGCM(derive(master, FIELD_ENCRYPTION)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise Tampered from error
    return opened.decode()


def present_prefix() -> str:
    """How everything begins that is encrypted with the present master key."""
    return f"{VERSION}:{key_id(settings.MASTER_KEY, FIELD_ENCRYPTION)}:"


def _master_for(stored: str) -> str:
    version, _, rest = stored.partition(":")
    name, separator, _ = rest.partition(":")
    if version != VERSION or not separator:
        raise Tampered
    masters = (settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS)
    found = next((master for master in masters if master and key_id(master, FIELD_ENCRYPTION) == name), None)
    if found is None:
        raise UnknownKey
    return str(found)
