"""What a webhook was sent: its body as text, and beside it what else came, without secrets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from rdos.kernel.errors import TooLarge
from rdos.kernel.secrecy import HIDDEN, looks_secret

# What senders call a delivery by, so that they may send it again; the first that is there counts.
ID_HEADERS = ("x-delivery-id", "webhook-id", "idempotency-key", "x-github-delivery", "x-gitlab-event-uuid")
LONGEST_ID = 200
MOST_HEADERS, LONGEST_VALUE = 60, 1000
# Of a query: what is said to the hub and not to the flow.
SAID_TO_THE_HUB = frozenset({"wait"})


@dataclass(frozen=True, slots=True)
class Delivery:
    # By name in lower case.
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    address: str
    # Gives at most so many bytes of the body.
    read: Callable[[int], bytes]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def id(self) -> str | None:
        said = next((self.headers[name] for name in ID_HEADERS if self.headers.get(name)), None)
        if said is None or len(said) <= LONGEST_ID:
            return said
        return f"sha256:{sha256(said.encode()).hexdigest()}"


def body_of(sent: Delivery, largest: int) -> bytes:
    """No byte is read of what says itself that it is too large, and of nothing more than one too many."""
    told = sent.headers.get("content-length", "")
    if told.isdigit() and int(told) > largest:
        raise _too_large(largest)
    raw = sent.read(largest + 1)
    if len(raw) > largest:
        raise _too_large(largest)
    return raw


def _too_large(largest: int) -> TooLarge:
    return TooLarge(f"This webhook takes bodies of at most {largest} bytes.")


def text_of(raw: bytes) -> str | None:
    """None if it is empty, or no text. No database of ours keeps a NUL."""
    try:
        return raw.decode().replace("\x00", "\ufffd") or None
    except UnicodeDecodeError:
        return None


def came_with(sent: Delivery, secret_headers: Mapping[str, str]) -> dict[str, Any]:
    """For the run and for the log of deliveries. A header that must have a certain value is as good as a password."""
    headers = list(sent.headers.items())[:MOST_HEADERS]
    return {
        "address": sent.address,
        "content_type": sent.content_type,
        "delivery_id": sent.id,
        "headers": {
            name: HIDDEN if _is_secret(name) or secret_headers.get(name) else value[:LONGEST_VALUE]
            for name, value in headers
        },
        "query": {
            name: HIDDEN if _is_secret(name) else _one_or_many(values)
            for name, values in sent.query.items()
            if name not in SAID_TO_THE_HUB
        },
    }


def _one_or_many(values: Sequence[str]) -> Any:
    return values[0] if len(values) == 1 else list(values)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return looks_secret(name) or "signature" in name.lower()
