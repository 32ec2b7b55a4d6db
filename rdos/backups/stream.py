"""The outer shell of an archive: AES-256-GCM in chunks, so that neither end needs more memory than one of them.

Each chunk's nonce holds its number and whether it is the last; so one that was changed, moved, or cut off with all that
follows is found before anything of it is used. The key is the archive's own, from its salt and the master key.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from rdos.backups.errors import Damaged, ForeignKey, Unfit
from rdos.kernel.keys import BACKUP, KEY_BYTES, derive, key_id

MAGIC = b"RDOS backup 1\n"
KEY_ID_BYTES, SALT_BYTES, TAG_BYTES = 8, 16, 16
HEADER_BYTES = len(MAGIC) + KEY_ID_BYTES + SALT_BYTES
CHUNK_BYTES = 1024 * 1024


class Sealer:
    """Writes what it is given, sealed; nothing is whole before `finish`."""

    def __init__(self, file: BinaryIO) -> None:
        salt = os.urandom(SALT_BYTES)
        self._header = MAGIC + key_id(settings.MASTER_KEY, BACKUP).encode() + salt
        self._cipher = _cipher(settings.MASTER_KEY, salt)
        self._file = file
        self._number = 0
        self._waiting = bytearray()
        file.write(self._header)

    def write(self, data: bytes) -> None:
        self._waiting += data
        # The last chunk is told apart, so a full one waits until there is more.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), chunk, self._header))
        self._number += 1


def opened(file: BinaryIO) -> Iterator[bytes]:
    """The chunks as they were given, each only after its tag was found to fit."""
    header = file.read(HEADER_BYTES)
    cipher = _cipher_for(header)
    number, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, not following), chunk, header)
        except (InvalidTag, ValueError) as error:
            raise Damaged from error
        if not following:
            return
        number, chunk = number + 1, following


def _cipher_for(header: bytes) -> AESGCM:
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        raise Unfit("This is no archive of a hub, or of a version that this hub does not know.")
    name, salt = header[len(MAGIC) : -SALT_BYTES], header[-SALT_BYTES:]
    # During a change of keys an archive may still be under the former one.
    for master in filter(None, (settings.MASTER_KEY, settings.MASTER_KEY_PREVIOUS)):
        if key_id(master, BACKUP).encode() == name:
            return _cipher(master, salt)
    raise ForeignKey


def _cipher(master: str, salt: bytes) -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"archive").derive(derive(master, BACKUP))
    return AESGCM(key)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
