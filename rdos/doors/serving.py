"""Runs uvicorn in this process (`gateway`) or as a parent of several (`web`)."""

import signal
import ssl
import sys
from functools import partial
from typing import Any, NoReturn, cast

import uvicorn
from django.conf import settings
from uvicorn.config import WSProtocolType
from uvicorn.supervisors import Multiprocess

from rdos.doors.cores import settle
from rdos.doors.places import Place

# Nodes may send 5 MiB, and are told so in words when they send somewhat more.
SOCKET_MESSAGE_BYTES = 8 * 1024 * 1024
CAREFUL_SOCKET = "rdos.doors.sockets:CarefulSocket"
# The hub must be gone within five seconds of being asked: this long for open requests, the rest for its own stop.
GRACE_SECONDS = 3


def serve_all(place: Place) -> NoReturn:
    """HTTP and sockets on one port, one process."""
    server = uvicorn.Server(_config(place, ws=CAREFUL_SOCKET))
    # uvicorn repeats the signal once it has stopped, which would end the process as if it had failed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    server.run()
    sys.exit(0 if server.started else 1)


def serve_http(place: Place, workers: int) -> NoReturn:
    """HTTP only, in as many processes as asked for."""
    config = _config(place, ws="none", workers=workers)
    listener = config.bind_socket()
    Multiprocess(config, sockets=[listener]).run()
    listener.close()
    sys.exit(0)


class _Config(uvicorn.Config):
    def load(self) -> None:
        """Runs once in every serving process, the children of `web` included."""
        settle()
        super().load()


def _config(place: Place, *, ws: WSProtocolType | str, workers: int = 1) -> uvicorn.Config:
    return _Config(
        ":".join(settings.ASGI_APPLICATION.rsplit(".", 1)),
        host=place.host,
        port=place.port,
        uds=place.uds,
        ssl_context_factory=_tls(place),
        workers=workers,
        loop="uvloop",
        http="rdos.doors.heads:CarefulHttp",
        ws=cast(WSProtocolType, ws),
        ws_max_size=SOCKET_MESSAGE_BYTES,
        # Node sockets are pinged by the hub itself, which knows that a busy node may be silent.
        ws_ping_interval=None,
        # Compressing small frames costs more than it saves, and a window per socket.
        ws_per_message_deflate=False,
        lifespan="on",
        # Django has configured logging; below a warning uvicorn writes query strings, and tickets travel there.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Who may speak for a client is decided in one place: the request middleware.
        proxy_headers=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _tls(place: Place) -> Any:
    if place.certificate is None:
        return None
    # A partial of a plain function, because worker processes get it pickled.
    return partial(_tls_context, place.certificate, place.key)


def _tls_context(certificate: str, key: str | None, *_: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context
