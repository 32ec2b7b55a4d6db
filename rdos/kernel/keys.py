"""One key per purpose, each derived from the master key: knowing one tells nothing about another.

Settings call this before Django is up, so nothing here may import it.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# The words are part of the keys: changing one makes everything it protected unreadable.
DJANGO = "django"
JWT = "jwt"
FIELD_ENCRYPTION = "field-encryption"
JOURNAL = "journal"
RATE_LIMITS = "rate-limits"
BACKUP = "backup"

SALT = b"rdos.v1"
KEY_BYTES = 32


@lru_cache(maxsize=64)
def derive(master: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=SALT, info=purpose.encode()).derive(master.encode())


def derive_text(master: str, purpose: str) -> str:
    return urlsafe_b64encode(derive(master, purpose)).rstrip(b"=").decode()


def key_id(master: str, purpose: str) -> str:
    """Names a key without telling anything about it, so that old and new can be told apart in storage."""
    return derive(master, f"{purpose}/id")[:4].hex()
