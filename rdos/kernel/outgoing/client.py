"""Fetches from addresses that people or other systems chose, without becoming their way into our network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
import orjson
from django.conf import settings

from rdos.kernel.outgoing.addresses import networks
from rdos.kernel.outgoing.errors import OutgoingFailed, OutgoingRefused, OutgoingTooLarge
from rdos.kernel.outgoing.network import Deadline
from rdos.kernel.outgoing.transport import GuardedTransport

DEFAULT_SECONDS = 10.0
DEFAULT_BYTES = 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD"})
# A packed answer could unpack to far more than the limit.
PLAIN_ONLY = {"accept-encoding": "identity", "user-agent": "rdos"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise OutgoingFailed("The other side did not answer with JSON.") from error


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = DEFAULT_SECONDS,
    max_bytes: int = DEFAULT_BYTES,
    redirects: int = 0,
) -> Answer:
    """One exchange. Redirects are followed only when asked for, and only by GET and HEAD."""
    deadline = Deadline(timeout)
    transport = GuardedTransport(allowed=networks(settings.OUTGOING_ALLOWED_NETWORKS), deadline=deadline)
    with httpx.Client(transport=transport, trust_env=False, timeout=timeout) as client:
        request = _request(client, method, url, headers, body)
        for _ in range(redirects if method in SAFE_METHODS else 0):
            answer, onward = _exchange(client, request, max_bytes)
            if onward is None:
                return answer
            request = _request(client, method, str(onward), _kept(headers, request.url, onward), None)
        return _exchange(client, request, max_bytes)[0]


def fetch_json(
    url: str, *, max_bytes: int = DEFAULT_BYTES, timeout: float = DEFAULT_SECONDS, redirects: int = 0
) -> Any:
    answer = fetch(
        url, headers={"accept": "application/json"}, timeout=timeout, max_bytes=max_bytes, redirects=redirects
    )
    if not answer.ok:
        raise OutgoingFailed(f"The other side answered {answer.status}.")
    return answer.json()


def _request(
    client: httpx.Client, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None
) -> httpx.Request:
    try:
        request = client.build_request(method, url, headers={**(headers or {}), **PLAIN_ONLY}, content=body)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise OutgoingRefused("This is not an address that can be called.") from error
    if request.url.scheme not in ("http", "https") or not request.url.host:
        raise OutgoingRefused("Only http and https addresses can be called.")
    return request


def _exchange(client: httpx.Client, request: httpx.Request, max_bytes: int) -> tuple[Answer, httpx.URL | None]:
    try:
        response = client.send(request, stream=True)
        try:
            answer = Answer(response.status_code, response.headers, _read(response, max_bytes), _told(request.url))
        finally:
            response.close()
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        raise OutgoingFailed(f"{request.url.host} did not answer in time.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError) as error:
        raise OutgoingFailed(f"{request.url.host} could not be reached.") from error
    return answer, _onward(request.url, response)


def _told(url: httpx.URL) -> str:
    # Without the password that an address may carry.
    return str(url.copy_with(userinfo=b""))


def _read(response: httpx.Response, max_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OutgoingFailed("The other side answered in an encoding that it was not asked for.")
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_raw():
        size += len(piece)
        if size > max_bytes:
            raise OutgoingTooLarge(f"The other side answered with more than {max_bytes} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


def _onward(here: httpx.URL, response: httpx.Response) -> httpx.URL | None:
    if not response.has_redirect_location:
        return None
    try:
        return here.join(response.headers["location"])
    except httpx.InvalidURL as error:
        raise OutgoingFailed("The other side redirects to something that is no address.") from error


def _kept(headers: Mapping[str, str] | None, here: httpx.URL, onward: httpx.URL) -> Mapping[str, str] | None:
    # Credentials sit in headers of many names, so another origin gets none of them.
    same = (here.scheme, here.host, here.port) == (onward.scheme, onward.host, onward.port)
    return headers if same else None
