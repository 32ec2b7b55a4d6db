"""What nodes prove who they are with: made here, kept as digests."""

import hashlib
import secrets
from uuid import uuid4

import bcrypt

# The least that bcrypt knows, a millisecond: of 256 random bits nobody tries them all, and devices reconnect in storms.
BCRYPT_ROUNDS = 4


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_hex(32)


def new_registration_token() -> str:
    """Nodes expect a UUID."""
    return str(uuid4())


def digest(text: str) -> str:
    """Of 256 random bits a plain digest is enough, and a storm of reconnects stays cheap."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def bus_digest(password: str) -> str:
    """The one kind of digest that the NATS server takes in its configuration."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(BCRYPT_ROUNDS, prefix=b"2a")).decode()
