"""Signing and reading the hub's own tokens. Pure: keys and times come in as arguments."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.choices import Role
from rdos.kernel.errors import InvalidToken, TokenExpired

ALGORITHM = "HS256"
ACCESS, REFRESH = "access", "refresh"
API_PREFIX = "rdos_"
ROBOT_PREFIX = "crpa_"


@dataclass(frozen=True)
class Claims:
    user_id: UUID
    login_id: UUID
    jti: str
    type: str
    tenant_id: str | None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Signer:
    key: str
    issuer: str

    def _backend(self) -> Any:
        return TokenBackend(ALGORITHM, signing_key=self.key, issuer=self.issuer)

    def access(self, *, claims: Claims, role: Role, at: datetime, lifetime: timedelta) -> str:
        return self._sign(claims, at, lifetime, {"roles": [role.value for role in role.at_most()], "role": role.value})

    def refresh(self, *, claims: Claims, at: datetime, lifetime: timedelta) -> str:
        return self._sign(claims, at, lifetime, {})

    def _sign(self, claims: Claims, at: datetime, lifetime: timedelta, more: dict[str, Any]) -> str:
        payload = {
            "sub": str(claims.user_id),
            "sid": str(claims.login_id),
            "jti": claims.jti,
            "type": claims.type,
            "tenant_id": claims.tenant_id,
            "iat": at,
            "exp": at + lifetime,
        }
        token: str = self._backend().encode(payload | more)
        return token

    def read(self, token: str, at: datetime) -> Claims:
        claims = _verified(self, token)
        if claims.expires_at is None or claims.expires_at <= at:
            raise TokenExpired
        return claims


# A good signature stays good, and checking it costs more than the rest of a small request. What can change, the expiry
# and the login, is looked at each time.
@lru_cache(maxsize=4096)
def _verified(signer: Signer, token: str) -> Claims:
    try:
        payload = signer._backend().decode(token)
    except TokenBackendError as error:
        raise _why(error) from error
    try:
        return Claims(
            user_id=UUID(payload["sub"]),
            login_id=UUID(payload["sid"]),
            jti=str(payload["jti"]),
            type=str(payload["type"]),
            tenant_id=payload.get("tenant_id"),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidToken from error


def _why(error: TokenBackendError) -> InvalidToken | TokenExpired:
    return TokenExpired() if isinstance(error.__cause__, jwt.ExpiredSignatureError) else InvalidToken()


def new_jti() -> str:
    return uuid4().hex


def looks_like_jwt(text: str) -> bool:
    return text.count(".") == 2


def header_of(token: str) -> dict[str, Any]:
    """The unverified header: good for choosing who must verify, and for nothing else."""
    try:
        return dict(jwt.get_unverified_header(token))
    except jwt.InvalidTokenError:
        return {}


def digest(token: str) -> str:
    """Tokens are 256 random bits, so a plain digest is enough, and a storm of reconnects stays cheap."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def new_api_token() -> str:
    return API_PREFIX + secrets.token_urlsafe(32)


def new_robot_token() -> str:
    """The form that robots check before they send it: prefix, 32 hex digits, 32 url-safe characters."""
    return f"{ROBOT_PREFIX}{secrets.token_hex(16)}_{secrets.token_urlsafe(24)}"
