"""What nodes prove who they are with: made here, kept as digests."""

import hashlib
import secrets
from uuid import uuid4


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_hex(32)


def new_registration_token() -> str:
    """Nodes expect a UUID."""
    return str(uuid4())


def digest(text: str) -> str:
    """Of 256 random bits a plain digest is enough, and a storm of reconnects stays cheap."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
