"""Every refusal of the hub: one tree, each with a code, a status and a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

FieldErrors = Mapping[str, Sequence[str]]


class DomainError(Exception):
    """Something went wrong."""

    code = "error"
    status = 400

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: FieldErrors | None = None,
        retry_after: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.errors = errors
        self.retry_after = retry_after
        # Keys a seed's clients read beside the error itself.
        self.extra = dict(extra or {})
        super().__init__(self.detail)


class InvalidInput(DomainError):
    """The request is not valid."""

    code = "invalid"
    # True when a field is missing or of the wrong type, False when it only breaks a rule.
    misshapen = False

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: FieldErrors | None = None,
        kinds: Mapping[str, str] | None = None,
        given: Mapping[str, Any] | None = None,
        misshapen: bool = False,
    ) -> None:
        super().__init__(detail, errors=errors)
        self.kinds = dict(kinds or {})
        self.given = dict(given or {})
        self.misshapen = misshapen


class MalformedBody(InvalidInput):
    """The body is not valid JSON."""

    code = "malformed_body"


class InvalidQuery(InvalidInput):
    """A query parameter is not valid."""

    code = "invalid_query"


class InvalidPath(InvalidQuery):
    """A part of the address is not valid."""

    code = "invalid_path"


class NotAuthenticated(DomainError):
    """Authentication required"""

    code = "authentication_required"
    status = 401


class InvalidToken(NotAuthenticated):
    """Invalid authentication token"""

    code = "invalid_token"


class Forbidden(DomainError):
    """You may not do this."""

    code = "forbidden"
    status = 403


class CsrfRefused(Forbidden):
    """The X-CSRF-Token header is missing or does not match the csrf_token cookie."""

    code = "csrf_refused"


class NotFound(DomainError):
    """Not Found"""

    code = "not_found"
    status = 404


class MethodNotAllowed(DomainError):
    """Method Not Allowed"""

    code = "method_not_allowed"
    status = 405


class NotAcceptable(DomainError):
    """This hub answers JSON only."""

    code = "not_acceptable"
    status = 406


class Conflict(DomainError):
    """The object is not in a state that allows this."""

    code = "conflict"
    status = 409


class TooLarge(DomainError):
    """The body is too large."""

    code = "too_large"
    status = 413


class UnsupportedMediaType(DomainError):
    """Send the body as application/json."""

    code = "unsupported_media_type"
    status = 415


class TokenExpired(NotAuthenticated):
    """Token has expired"""

    code = "token_expired"


class RateLimited(DomainError):
    """Rate limit exceeded"""

    code = "rate_limited"
    status = 429


class BadGateway(DomainError):
    """The other side could not be reached."""

    code = "bad_gateway"
    status = 502


class Unavailable(DomainError):
    """A part of the hub that this needs is not available."""

    code = "unavailable"
    status = 503
