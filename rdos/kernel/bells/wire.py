"""How bells travel between processes: one Redis channel, and many bells in one message."""

import json
import os
from collections.abc import Sequence
from secrets import token_hex

from redis.connection import parse_url

# Topic and text.
Bell = tuple[str, str]

_BORN = token_hex(8)


def channel(url: str) -> str:
    # Redis keeps the keys of its databases apart, but not their channels.
    return f"rdos:bells:{parse_url(url).get('db', 0)}"  # type: ignore[no-untyped-call]


def origin() -> str:
    """This process; a fork of it is another."""
    return f"{_BORN}-{os.getpid()}"


def pack(bells: Sequence[Bell]) -> bytes:
    # Not orjson: a lone surrogate in a text must arrive as it was sent.
    return json.dumps([origin(), bells], separators=(",", ":")).encode()


def unpack(message: bytes) -> list[Bell]:
    """The bells of another process: our own have rung already, and nonsense rings none."""
    try:
        sender, bells = json.loads(message)
        return [] if sender == origin() else [(str(topic), str(text)) for topic, text in bells]
    except (ValueError, TypeError):
        return []
