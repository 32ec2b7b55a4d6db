"""Whom to trust at the other end: the known authorities, one certificate, or, said aloud, anybody."""

import hashlib
import ssl

from websockets.asyncio.client import ClientConnection

from rdos_agent.arguments import Arguments
from rdos_agent.problems import UnexpectedAnswer


def context(arguments: Arguments, url: str) -> ssl.SSLContext | None:
    if not url.startswith("wss:"):
        return None
    made = ssl.create_default_context()
    if arguments.insecure or arguments.fingerprint:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def check_fingerprint(line: ClientConnection, wanted: str) -> None:
    """After the handshake and before the first frame: nothing secret has been said yet."""
    if not wanted:
        return
    transport = line.transport.get_extra_info("ssl_object")
    shown = transport.getpeercert(binary_form=True) if transport else b""
    if hashlib.sha256(shown or b"").hexdigest() != wanted:
        raise UnexpectedAnswer("The hub shows another certificate than the one pinned with --fingerprint.")
