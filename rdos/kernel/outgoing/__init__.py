"""The one way out: every request the hub makes to an address that somebody else chose goes through here."""

from rdos.kernel.outgoing.client import Answer, fetch, fetch_json
from rdos.kernel.outgoing.errors import OutgoingFailed, OutgoingRefused, OutgoingTooLarge

__all__ = ["Answer", "OutgoingFailed", "OutgoingRefused", "OutgoingTooLarge", "fetch", "fetch_json"]
