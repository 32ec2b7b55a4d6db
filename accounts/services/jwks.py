"""Sign-in by somebody else's tokens: RS256 only, keys from the issuer's published set, cached."""

import logging
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
# An issuer that did not answer is asked again sooner, but not by every request.
TRY_AGAIN_SECONDS = 5.0
LEEWAY_SECONDS = 5

logger = logging.getLogger(__name__)


@dataclass
class KeySet:
    """The issuer's public keys as this process last saw them. A cache: losing it costs one request."""

    keys: dict[str, Any] = field(default_factory=dict)
    asked_at: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, issuer: str, kid: str) -> Any:
        if self._is_due(kid):
            with self.lock:
                if self._is_due(kid):
                    self._ask(issuer)
        if not self.keys:
            raise Unavailable("The sign-in service's keys cannot be read.")
        if kid not in self.keys:
            raise InvalidForeignToken("Invalid token: unknown signing key")
        return self.keys[kid]

    def _is_due(self, kid: str) -> bool:
        known = KEEP_SECONDS if kid in self.keys else ASK_AGAIN_SECONDS
        return time.monotonic() - self.asked_at > (known if self.keys else TRY_AGAIN_SECONDS)

    def _ask(self, issuer: str) -> None:
        self.asked_at = time.monotonic()
        try:
            found = jwt.PyJWKSet.from_dict(fetch_json(f"{issuer}/.well-known/jwks.json"))
        except (jwt.PyJWKSetError, jwt.PyJWKError, DomainError, TypeError, AttributeError) as error:
            # The keys we have stay good; without any, the caller hears why.
            logger.warning(
                "The keys of the sign-in service cannot be read",
                extra={"action": "jwks_unreadable", "error": type(error).__name__},
            )
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
