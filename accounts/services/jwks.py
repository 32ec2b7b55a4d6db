"""Sign-in by somebody else's tokens: RS256 only, keys from the issuer's published set, cached."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.conf import settings

from accounts.errors import InvalidForeignToken
from accounts.models import User
from accounts.services.provisioning import foreign_user
from rdos.kernel.errors import DomainError, TokenExpired, Unavailable
from rdos.kernel.outgoing import fetch_json

ALGORITHMS = ["RS256"]
KEEP_SECONDS = 3600.0
# An unknown key id may be a new key, or noise: asked again at most this often.
ASK_AGAIN_SECONDS = 60.0
LEEWAY_SECONDS = 5


@dataclass
class KeySet:
    """The issuer's public keys as this process last saw them. A cache: losing it costs one request."""

    keys: dict[str, Any] = field(default_factory=dict)
    asked_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, issuer: str, kid: str) -> Any:
        age = time.monotonic() - self.asked_at
        if age > KEEP_SECONDS or (kid not in self.keys and age > ASK_AGAIN_SECONDS):
            with self.lock:
                if time.monotonic() - self.asked_at >= min(age, ASK_AGAIN_SECONDS):
                    self._ask(issuer)
        if kid not in self.keys:
            raise InvalidForeignToken("Invalid token: unknown signing key")
        return self.keys[kid]

    def _ask(self, issuer: str) -> None:
        self.asked_at = time.monotonic()
        try:
            found = jwt.PyJWKSet.from_dict(fetch_json(f"{issuer}/.well-known/jwks.json"))
        except (jwt.PyJWKSetError, jwt.PyJWKError, DomainError, TypeError, AttributeError) as error:
            if not self.keys:
                raise Unavailable("The sign-in service's keys cannot be read.") from error
            return
        self.keys = {key.key_id: key.key for key in found.keys if key.key_id and key.key_type == "RSA"}


_sets: dict[str, KeySet] = {}


def user_of(token: str) -> User:
    """The user a foreign token stands for, made at their first visit."""
    return foreign_user(_verified(token))


def _verified(token: str) -> dict[str, Any]:
    issuer = settings.CLERK_ISSUER
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("The specified alg value is not allowed")
        key = _sets.setdefault(issuer, KeySet()).key(issuer, str(header.get("kid", "")))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=settings.CLERK_AUDIENCE or None,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenExpired from error
    except jwt.InvalidAudienceError as error:
        raise InvalidForeignToken("Invalid token: Invalid audience") from error
    except jwt.InvalidTokenError as error:
        raise InvalidForeignToken(f"Invalid token: {error}") from error
    return claims
