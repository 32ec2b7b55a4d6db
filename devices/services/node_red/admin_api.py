"""Node-RED's Admin API, as much of it as the hub needs, through the one way out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from devices.models import BusNode
from devices.node_red.contents import Things
from devices.node_red.errors import NodeRedMalformed, NodeRedRefused, NodeRedUnauthorized, NodeRedUnreachable
from rdos.kernel.encryption import reveal
from rdos.kernel.outgoing import Answer, OutgoingFailed, fetch
from rdos.kernel.secrecy import mask_text

READ_SECONDS = 10.0
# Node-RED gives its nodes up to 15 seconds to stop before it answers.
WRITE_SECONDS = 30.0
LARGEST_ANSWER = 16 * 2**20
MOST_THINGS = 100_000
VERSION = {"Node-RED-API-Version": "v2"}
UNAUTHORIZED = (401, 403)
OUTDATED = 409


@dataclass(frozen=True, slots=True)
class Contents:
    things: Things
    revision: str


@dataclass(frozen=True, slots=True)
class AdminApi:
    address: str
    token: str

    @classmethod
    def of(cls, bus: BusNode) -> "AdminApi":
        return cls(bus.admin_url, reveal(bus, "admin_token"))

    def read(self) -> Contents:
        said = _answer(self._ask("GET", "/flows", VERSION))
        things, revision = (said.get("flows"), said.get("rev")) if isinstance(said, dict) else (None, None)
        if not isinstance(things, list) or not isinstance(revision, str) or len(things) > MOST_THINGS:
            raise NodeRedMalformed
        if not all(isinstance(thing, dict) and isinstance(thing.get("id"), str) for thing in things):
            raise NodeRedMalformed
        return Contents(things, revision[:128])

    def write(self, things: Things, revision: str) -> bool:
        """False when somebody else deployed since this revision was read. Only flows that changed are started anew."""
        headers = {**VERSION, "content-type": "application/json", "Node-RED-Deployment-Type": "flows"}
        body = orjson.dumps({"flows": things, "rev": revision})
        answer = self._ask("POST", "/flows", headers, body, WRITE_SECONDS)
        if answer.status == OUTDATED:
            return False
        _answer(answer)
        return True

    def types(self) -> set[str]:
        """Of nodes that it can run."""
        said = _answer(self._ask("GET", "/nodes", {"accept": "application/json"}))
        if not isinstance(said, list):
            raise NodeRedMalformed
        sets = [one for one in said if isinstance(one, dict) and one.get("enabled") is True and not one.get("err")]
        return {kind for one in sets for kind in one.get("types") or () if isinstance(kind, str)}

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None, timeout: float = READ_SECONDS
    ) -> Answer:
        sent = headers | ({"authorization": f"Bearer {self.token}"} if self.token else {})
        ask: Callable[..., Answer] = fetch
        try:
            return ask(
                self.address + path,
                method=method,
                headers=sent,
                body=body,
                timeout=timeout,
                max_bytes=LARGEST_ANSWER,
            )
        except OutgoingFailed as error:
            raise NodeRedUnreachable(f"Node-RED at {self.address}: {error.detail}") from error


def _answer(answer: Answer) -> Any:
    if answer.status in UNAUTHORIZED:
        raise NodeRedUnauthorized
    if not answer.ok:
        raise NodeRedRefused(f"Node-RED answered {answer.status}{_complaint(answer.body)}")
    try:
        return orjson.loads(answer.body) if answer.body else None
    except orjson.JSONDecodeError as error:
        raise NodeRedMalformed from error


def _complaint(body: bytes) -> str:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "."
    message = said.get("message") if isinstance(said, dict) else None
    return f": {mask_text(message[:200])}" if isinstance(message, str) and message else "."
