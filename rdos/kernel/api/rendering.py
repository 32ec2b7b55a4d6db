"""Writes JSON with orjson, whatever the client says it accepts: this API speaks nothing else."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def dumps(data: Any, *, indented: bool = False) -> bytes:
    try:
        return orjson.dumps(data, default=_other, option=OPTIONS | (orjson.OPT_INDENT_2 if indented else 0))
    except orjson.JSONEncodeError:
        # json writes what orjson refuses: a lone surrogate that came in through a header or a form, and a number that
        # was too large for an integer and is one since the database has kept it.
        return json.dumps(data, default=_as_usual, indent=2 if indented else None).encode()


def _as_usual(value: Any) -> Any:
    """An instant, an id and the like look the same by either way."""
    try:
        return orjson.loads(orjson.dumps(value, option=OPTIONS))
    except orjson.JSONEncodeError:
        return _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON.")


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        response = (renderer_context or {}).get("response")
        return b"" if response is not None and response.status_code == 204 else dumps(data)


class AlwaysJSON(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if _reads(parser.media_type, sent)), None)

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        ours = next(iter(renderers))
        return ours, ours.media_type


def _reads(media_type: str, sent: str) -> bool:
    return sent == media_type or (media_type == "application/json" and sent.endswith("+json"))
