"""Sockets that connect to the very address that was checked, so that a name cannot answer twice differently."""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import httpcore

from rdos.kernel.outgoing.addresses import Network, may_call
from rdos.kernel.outgoing.errors import OutgoingRefused


@dataclass(frozen=True, slots=True)
class Deadline:
    """One end for the whole exchange: a peer that trickles must not stretch it."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    def left(self, at_most: float | None = None) -> float:
        remaining = self.began + self.seconds - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout("The deadline has passed.")
        return remaining if at_most is None else min(remaining, at_most)


class GuardedBackend(httpcore.NetworkBackend):
    def __init__(self, *, allowed: Iterable[Network], deadline: Deadline) -> None:
        self._allowed = tuple(allowed)
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._permitted(host, port):
            try:
                left = self._deadline.left(timeout)
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return TimedStream(stream, self._deadline)
        raise failure or httpcore.ConnectError("The name has no address.")

    def _permitted(self, host: str, port: int) -> list[str]:
        found = resolve(host, port, self._deadline.left())
        permitted = [address for address in found if may_call(address, self._allowed)]
        if found and not permitted:
            raise OutgoingRefused(f"{host} is not a public address. RDOS_OUTGOING_ALLOWED can permit its network.")
        return permitted


class TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def resolve(host: str, port: int, seconds: float) -> list[str]:
    # The system's resolver cannot be interrupted, so it works in a thread that may be left behind.
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty as error:
        raise httpcore.ConnectTimeout("The name could not be resolved in time.") from error
    if isinstance(answer, OSError):
        raise httpcore.ConnectError("The name could not be resolved.") from answer
    return answer


def _look_up(host: str, port: int, answers: "SimpleQueue[list[str] | OSError]") -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        answers.put(error if isinstance(error, OSError) else OSError(str(error)))
    else:
        answers.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
