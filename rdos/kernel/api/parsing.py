"""Reads JSON bodies: bounded, strict, and free of what the database cannot hold."""

from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from rdos.kernel.errors import InvalidInput, MalformedBody, TooLarge

DEEPEST = 100
NUL_ESCAPE = b"\\u0000"


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read(settings.JSON_LIMIT_BYTES + 1)
        if len(raw) > settings.JSON_LIMIT_BYTES:
            raise TooLarge(f"The body is larger than {settings.JSON_LIMIT_BYTES // 1024 // 1024} MiB.")
        return parse_json(raw)


def parse_json(raw: bytes) -> Any:
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"The body is not valid JSON: {error}.") from error
    if NUL_ESCAPE in raw and _holds_nul(data):
        raise InvalidInput("The body holds a NUL character, which no text may contain.")
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_deeper(data, DEEPEST):
        raise InvalidInput(f"The body is nested deeper than {DEEPEST} levels.")
    return data


def _holds_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\x00" in data
    if isinstance(data, dict):
        return any("\x00" in key or _holds_nul(value) for key, value in data.items())
    return isinstance(data, list) and any(_holds_nul(value) for value in data)


def _is_deeper(data: Any, levels: int) -> bool:
    layer = [data]
    for _ in range(levels):
        layer = [child for item in layer for child in _children(item)]
        if not layer:
            return False
    return True


def _children(data: Any) -> list[Any]:
    if isinstance(data, dict):
        return [value for value in data.values() if isinstance(value, dict | list)]
    return [value for value in data if isinstance(value, dict | list)]
