"""The wire manners of the hub and of the five systems it replaces. A view never knows which one is spoken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rdos.kernel.api import bodies, envelopes
from rdos.kernel.errors import DomainError, InvalidInput, InvalidQuery, MalformedBody, UnsupportedMediaType


@dataclass(frozen=True)
class Accent:
    name: str
    error_body: Callable[[DomainError, str], dict[str, Any]] = bodies.rdos
    envelope: Callable[[envelopes.Page], Any] = envelopes.bare
    created: int = 201
    deleted: int = 204
    camel_case: bool = False
    # Bloxserver's clients page by number; everyone else follows a cursor.
    numbered_pages: bool = False
    # Its clients sign in at an issuer of their own, where one is configured.
    foreign_tokens_first: bool = False
    invalid_status: int = 400
    # A missing or ill-typed field, where a seed tells it apart from a broken rule.
    misshapen_status: int | None = None
    malformed_status: int = 400
    query_status: int = 400
    media_type_status: int = 415
    words: Mapping[str, str] = field(default_factory=dict)
    answers_head: bool = True

    def status_of(self, error: DomainError) -> int:
        if isinstance(error, MalformedBody):
            return self.malformed_status
        if isinstance(error, InvalidQuery):
            return self.query_status
        if isinstance(error, UnsupportedMediaType):
            return self.media_type_status
        if isinstance(error, InvalidInput):
            return self.misshapen_status or self.invalid_status if error.misshapen else self.invalid_status
        return error.status

    def word_of(self, error: DomainError) -> str:
        return self.words.get(error.code, error.detail)


ROOT = Accent("rdos")
CASARE = Accent("casare", error_body=bodies.casare, created=200, deleted=200)
BILBYCAST = Accent("bilbycast", error_body=bodies.bilbycast, misshapen_status=422)
TAFY = Accent(
    "tafy",
    error_body=bodies.tafy,
    created=200,
    deleted=200,
    invalid_status=422,
    malformed_status=422,
    query_status=422,
    media_type_status=422,
    words={"no_targets": "Flow not found", "not_deployed": "Flow not found or not deployed"},
    answers_head=False,
)
BLOXSERVER = Accent(
    "bloxserver",
    error_body=bodies.bloxserver,
    envelope=envelopes.numbered,
    camel_case=True,
    numbered_pages=True,
    foreign_tokens_first=True,
    invalid_status=422,
    malformed_status=422,
    query_status=422,
    words={"authentication_required": "Missing authentication token"},
)
NODETOOL = Accent(
    "nodetool",
    error_body=bodies.nodetool,
    envelope=envelopes.nodetool,
    created=200,
    deleted=200,
    invalid_status=422,
    malformed_status=422,
    query_status=422,
    words={
        "authentication_required": "User not authenticated",
        "invalid_token": "User not authenticated",
        "token_expired": "User not authenticated",
    },
)

ACCENTS: dict[str, Accent] = {accent.name: accent for accent in (CASARE, BILBYCAST, TAFY, BLOXSERVER, NODETOOL)}


def accent_of(request: object) -> Accent:
    """Works for Django's request and for DRF's wrapper around it."""
    accent = getattr(request, "accent", None)
    return accent if isinstance(accent, Accent) else ROOT
