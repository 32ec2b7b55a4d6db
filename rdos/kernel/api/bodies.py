"""How each accent words a refusal. Every function takes the error and the text the accent chose for it."""

import re
from typing import Any

from rdos.kernel.errors import (
    DomainError,
    InvalidInput,
    InvalidPath,
    InvalidQuery,
    MalformedBody,
    RateLimited,
    UnsupportedMediaType,
)

# The name of a fault that is no field's.
WHOLE = "__root__"
PLACE = re.compile(r"0|[1-9][0-9]{0,8}")
WRONG_TYPE = "model_attributes_type"


def rdos(error: DomainError, text: str) -> dict[str, Any]:
    body: dict[str, Any] = {"detail": text, "code": error.code}
    if error.errors:
        body["errors"] = error.errors
    if isinstance(error, RateLimited):
        body |= {"error": text, "retry_after": error.retry_after}
    return body | error.extra


def casare(error: DomainError, text: str) -> dict[str, Any]:
    if isinstance(error, RateLimited):
        return {"error": text, "retry_after": error.retry_after, "detail": text}
    return {"detail": _with_fields(error, text)} | error.extra


def bilbycast(error: DomainError, text: str) -> dict[str, Any]:
    return error.extra | {"error": _with_fields(error, text)}


def tafy(error: DomainError, text: str) -> dict[str, Any]:
    if isinstance(error, InvalidInput):
        return {"error": "Validation failed", "details": problem_list(error)}
    if isinstance(error, UnsupportedMediaType):
        return {"error": "Validation failed", "details": [_problem(WRONG_TYPE, text)]}
    if error.code == "bus_away":
        return {"error": text, "details": {"service": "nats"}, "type": "NATSConnectionError"}
    if error.status == 500:
        return {"error": "Internal server error", "message": "An unexpected error occurred"}
    return {"error": text, "status_code": error.status} | error.extra


def nodetool(error: DomainError, text: str) -> dict[str, Any]:
    return {"detail": problem_list(error) if isinstance(error, InvalidInput) else text} | error.extra


def bloxserver(error: DomainError, text: str) -> dict[str, Any]:
    if not isinstance(error, InvalidInput):
        return {"code": error.code, "message": text, "details": None, "detail": text} | error.extra
    details = {f"{_place(error)}.{name}": " ".join(texts) for name, texts in _fields(error).items()}
    message = "Request validation failed"
    return {"code": "validation_error", "message": message, "details": details, "detail": text} | error.extra


def problem_list(error: InvalidInput) -> list[dict[str, Any]]:
    if isinstance(error, MalformedBody):
        return [_problem("json_invalid", error.detail)]
    return [
        {
            "type": error.kinds.get(name, "value_error"),
            "loc": [_place(error), *steps(name)],
            "msg": msg,
            "input": error.given.get(name),
        }
        for name, texts in _fields(error).items()
        for msg in texts
    ]


def steps(name: str) -> list[str | int]:
    """The way to a value; a place in a list is a number."""
    return [] if name == WHOLE else [int(part) if PLACE.fullmatch(part) else part for part in name.split(".")]


def _problem(kind: str, sentence: str) -> dict[str, Any]:
    """Of the body as a whole."""
    return {"type": kind, "loc": ["body"], "msg": sentence, "input": {}}


def _fields(error: InvalidInput) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in (error.errors or {WHOLE: [error.detail]}).items()}


def _place(error: InvalidInput) -> str:
    if isinstance(error, InvalidPath):
        return "path"
    return "query" if isinstance(error, InvalidQuery) else "body"


def _with_fields(error: DomainError, text: str) -> str:
    """Clients of these two show one string, so the fields go into it."""
    if not error.errors:
        return text
    return " ".join(f"{name}: {' '.join(texts)}" for name, texts in error.errors.items())
