"""What the person at the terminal asked for."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from rdos_agent import __version__

SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
SOCKET_PATH = "/ws/node"


@dataclass(frozen=True)
class Arguments:
    hub: str
    token: str = field(repr=False)
    name: str
    state: Path
    insecure: bool
    fingerprint: str
    once: bool


def parse(words: list[str], environment: Mapping[str, str]) -> Arguments:
    parser = _parser(environment)
    found = parser.parse_args(words)
    if found.fingerprint and found.insecure:
        parser.error("--insecure and --fingerprint exclude each other.")
    return Arguments(**{**vars(found), "token": found.token.strip(), "state": found.state.expanduser()})


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="agent.pyz", description="The reference agent of an RDOS hub.")
    # Texts as defaults, so that argparse checks those of the environment too.
    parser.add_argument("--hub", type=socket_url, default=environment.get("RDOS_AGENT_HUB", ""))
    parser.add_argument("--token", default=environment.get("RDOS_AGENT_TOKEN", ""), help="spent once, at registration")
    parser.add_argument("--name", default="", help="what this node calls itself in its health")
    parser.add_argument("--state", type=Path, default="~/.rdos-agent", help="where it keeps its identity and scripts")
    parser.add_argument("--insecure", action="store_true", help="trust any certificate")
    parser.add_argument("--fingerprint", type=fingerprint, default="", help="trust the certificate with this SHA-256")
    parser.add_argument("--once", action="store_true", help="end with the first connection")
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def socket_url(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text.strip())
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise argparse.ArgumentTypeError("give the hub's address, such as https://hub.example:8443")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("the hub's address takes no user, query or fragment")
    path = parts.path.rstrip("/")
    path = path if path.endswith(SOCKET_PATH) else path + SOCKET_PATH
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc, path, "", ""))


def fingerprint(text: str) -> str:
    """The 64 hexadecimal digits, without colons."""
    digits = text.replace(":", "").strip().lower()
    if digits and not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise argparse.ArgumentTypeError("a fingerprint has 64 hexadecimal digits: the SHA-256 of the certificate")
    return digits
