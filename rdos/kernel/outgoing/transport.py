"""Lets httpx speak through our own sockets, by public interfaces only."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ssl import SSLContext
from typing import cast

import httpcore
import httpx

from rdos.kernel.outgoing.addresses import Network
from rdos.kernel.outgoing.network import Deadline, GuardedBackend


class GuardedTransport(httpx.BaseTransport):
    def __init__(self, *, allowed: Iterable[Network], deadline: Deadline) -> None:
        backend = GuardedBackend(allowed=allowed, deadline=deadline)
        self._pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_connections=1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        content = cast(Iterable[bytes], request.stream)
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=content)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@lru_cache(maxsize=1)
def _tls() -> SSLContext:
    # Reading the certificates takes longer than most requests.
    return httpx.create_ssl_context(trust_env=False)
