"""Ports: which are taken, and which are free."""

import errno
import secrets
import socket
from contextlib import suppress

from rdos.up.problems import CannotStart

# Below those from which the system chooses by itself.
NEVER_GIVEN = range(10_000, 20_000)


def refuse_taken(host: str, wanted: dict[str, int]) -> None:
    """Say which variable names a port somebody else has, before anything starts."""
    numbers = list(wanted.values())
    if len(set(numbers)) < len(numbers):
        raise CannotStart(f"{' and '.join(wanted)} must be different ports; they are {', '.join(map(str, numbers))}.")
    for name, port in wanted.items():
        try:
            with _bound(host, port):
                continue
        except OSError as error:
            raise CannotStart(_reason(name, host, port, error)) from error


def _reason(name: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} ({name}) is already taken on {host}. Free it, or choose another by setting {name}."
    return f"Port {port} ({name}) on {host} cannot be used: {error.strerror}."


def free() -> int:
    """A port of loopback that nobody listens on right now, and that nobody who dials out is given a moment later."""
    while True:
        port = secrets.choice(NEVER_GIVEN)
        with suppress(OSError), _bound("127.0.0.1", port):
            return port


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def answers(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
