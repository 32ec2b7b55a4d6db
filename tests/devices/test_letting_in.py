"""Guesses are counted however they are spelled and however many come at once; the hub says when it cannot tell."""

import asyncio
import json
import logging
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import connect

from rdos.kernel.models import JournalEntry
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode, new_id
from tests.devices.hub import Hub, serving


def spellings(node_id: str) -> list[str]:
    pk = UUID(node_id)
    return [str(pk), pk.hex, pk.hex.upper(), f"{{{pk}}}", pk.urn, f"{pk.hex[:5]}-{pk.hex[5:]}"]


def test_a_node_is_locked_out_however_its_id_is_spelled(online: Any) -> None:
    node = online()
    node.leave()
    words = [FakeNode(node.url).dial().show(spelling, "wrong")["message"] for spelling in spellings(node.node_id)]
    assert words == ["Wrong node secret"] * 5 + ["Too many failed attempts; try again later"]


def test_guesses_that_come_at_once_are_no_more_than_those_that_come_one_by_one(online: Any) -> None:
    node = online()
    node.leave()
    heard = asyncio.run(_guess(node.url, node.node_id, 60))
    assert heard.count("Wrong node secret") <= 5
    assert node.dial().show(node.node_id, node.secret)["message"] == "Too many failed attempts; try again later"


async def _guess(url: str, node_id: str, times: int) -> list[str]:
    lines = [await connect(url, compression=None, proxy=None) for _ in range(times)]
    shown = json.dumps({"type": "auth", "payload": {"node_id": node_id, "node_secret": "wrong"}})
    await asyncio.gather(*(line.send(shown) for line in lines))
    heard = await asyncio.gather(*(line.recv() for line in lines))
    await asyncio.gather(*(line.close() for line in lines))
    return [json.loads(text)["message"] for text in heard]


def test_ids_that_nobody_has_are_one_line_in_the_journal(hub: Hub) -> None:
    for _ in range(8):
        FakeNode(hub.socket_url).dial().show(new_id(), "x")
    entries = until(lambda: list(JournalEntry.objects.filter(action="node.refused")), 15)
    assert len(entries) <= 2 and {entry.object_id for entry in entries} == {""}


def test_a_hub_that_cannot_tell_says_so_before_the_client_gives_up(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.consumers.node_socket.ANSWER_SECONDS", 0.3)

    def fails(*_: object) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr("devices.services.gateways.open_lease", fails)
    with serving() as hub:
        node = FakeNode(hub.socket_url).dial()
        node.send("auth", {"node_id": new_id(), "node_secret": "x"})
        assert node.closed() == (1013, "the hub is busy; try again")


def test_whoever_is_let_in_too_late_is_not_taken_for_present(online: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node = online()
    node.leave()
    becomes(node, "offline")
    monkeypatch.setattr("devices.consumers.node_socket.ANSWER_SECONDS", 0.0)
    node.dial().send("auth", {"node_id": node.node_id, "node_secret": node.secret})
    assert node.closed()[0] == 1013
    becomes(node, "offline")
    monkeypatch.undo()
    node.come_back()
    assert row_of(node).status == "online"


def test_neither_token_nor_secret_is_ever_logged(
    new_node: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    # uvicorn itself is kept at this level, whatever the others say.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    _, node, token = new_node()
    node.register(token).leave()
    node.come_back()

    def stumbles(*_: object, **__: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr("devices.services.admission._seat", stumbles)
    node.dial().send("auth", {"node_id": node.node_id, "node_secret": node.secret})
    assert node.closed()[0] == 1013
    hub_said = [str(vars(one)) for one in caplog.records if not one.name.startswith("websockets")]
    assert any("admission_failed" in line for line in hub_said)
    assert not [line for line in hub_said if node.secret in line or token in line]
