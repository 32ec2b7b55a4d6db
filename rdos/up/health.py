"""Asks the hub whether it lives, over the same door everybody uses."""

import contextlib
import http.client
import ssl
from pathlib import Path

from rdos.up.options import Options


def lives(options: Options, certificate: Path | None) -> bool:
    connection = _connection(options, certificate)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    connection.close()
    return False


def _connection(options: Options, certificate: Path | None) -> http.client.HTTPConnection:
    if certificate is None:
        return http.client.HTTPConnection(options.reached_at, options.port, timeout=2)
    # Our own certificate is the only authority here: nothing else may answer for the hub.
    context = ssl.create_default_context(cafile=str(certificate))
    return http.client.HTTPSConnection(options.reached_at, options.port, timeout=2, context=context)
