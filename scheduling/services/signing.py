"""Signed deliveries: HMAC-SHA256 of `<timestamp>.<body>` with the webhook's secret, as hexadecimal digits."""

import hmac
import re
from datetime import datetime
from hashlib import sha256

from scheduling.errors import WrongSignature, WrongTimestamp
from scheduling.services.deliveries import Delivery

TIMESTAMP_HEADER, SIGNATURE_HEADER = "x-webhook-timestamp", "x-webhook-signature"
SCHEME = "sha256="
# Seconds since 1970, with a fraction if a second is too long for its sender.
TIMESTAMP = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")


def insist(sent: Delivery, raw: bytes, *, secret: str, window: int, at: datetime) -> str:
    """The signature, which is good for one delivery only."""
    told = sent.headers.get(TIMESTAMP_HEADER, "")
    if not TIMESTAMP.fullmatch(told) or abs(at.timestamp() - float(told)) > window:
        raise WrongTimestamp
    wanted = sign(secret, told, raw)
    shown = sent.headers.get(SIGNATURE_HEADER, "").removeprefix(SCHEME).lower()
    if not hmac.compare_digest(wanted.encode(), shown.encode("utf-8", "replace")):
        raise WrongSignature
    return wanted


def sign(secret: str, timestamp: str, raw: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + raw, sha256).hexdigest()
