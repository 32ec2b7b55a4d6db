"""/api/v1/ws/events over a real server: exactly the contract's messages (tafy.md, §1.6), and who may hear them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts.services import logins
from devices.consumers import events_socket
from devices.models import Node
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.devices.tafy import made, one
from tests.people import Caller, MakePerson, Person, sign_in

GREETING = {"type": "connection", "status": "connected", "message": "Connected to Tafy Hub"}
PATHS = ("/api/v1/ws/events", "/tafy/api/v1/ws/events")


@contextmanager
def opened(hub: Hub, path: str = PATHS[1], *, query: str = "", **headers: str) -> Iterator[ClientConnection]:
    origin = headers.pop("origin", None)
    url = f"ws://127.0.0.1:{hub.port}{path}{query}"
    with connect(
        url, additional_headers=headers, origin=origin, proxy=None, compression=None, ping_interval=None
    ) as line:  # type: ignore[arg-type]
        yield line


def by(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.signed_in.access_token}"}


def hear(line: ClientConnection, seconds: float = 10.0) -> Any:
    return json.loads(line.recv(timeout=seconds))


def say(line: ClientConnection, message: Any) -> None:
    line.send(json.dumps(message))


def hears_nothing_more(line: ClientConnection) -> bool:
    """What was told before this answer has come before it."""
    say(line, {"type": "ping"})
    return bool(hear(line) == {"type": "pong"})


def refused(hub: Hub, **how: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal, opened(hub, **how):
        pass
    return int(refusal.value.response.status_code)


# --- The messages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_the_messages_of_the_contract(hub: Hub, viewer: Person, path: str) -> None:
    with opened(hub, path, **by(viewer)) as line:
        assert hear(line) == GREETING
        say(line, {"type": "ping"})
        assert hear(line) == {"type": "pong"}
        for topic in ("devices", "flows", "telemetry"):
            say(line, {"type": "subscribe", "topic": topic})
            assert hear(line) == {"type": "subscribed", "topic": topic}
        say(line, {"type": "subscribe"})
        assert hear(line) == {"type": "subscribed", "topic": None}


@pytest.mark.parametrize("message", [{"type": "unknown"}, {"type": 7}, {}, {"type": "pong"}, {"type": "unsubscribe"}])
def test_any_other_type_is_heard_in_silence(hub: Hub, viewer: Person, message: Any) -> None:
    with opened(hub, **by(viewer)) as line:
        assert hear(line) == GREETING
        say(line, message)
        assert hears_nothing_more(line)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "json_invalid"),
        ("", "json_invalid"),
        ('{"type": NaN}', "json_invalid"),
        ("[" * 5000, "json_invalid"),
        ("[]", "dict_type"),
        ('"ping"', "dict_type"),
        ("null", "dict_type"),
        (b'{"type":"ping"}', "binary"),
        ("x" * 70_000, "too_large"),
    ],
)
def test_what_cannot_be_read_is_answered_and_the_socket_goes_on(
    hub: Hub, viewer: Person, message: str | bytes, code: str
) -> None:
    with opened(hub, **by(viewer)) as line:
        assert hear(line) == GREETING
        line.send(message)
        error = hear(line)
        assert (error["type"], error["code"]) == ("error", code) and error["message"]
        assert hears_nothing_more(line)


# --- What is told -----------------------------------------------------------------------------------------------------


def test_whoever_subscribed_hears_each_change(hub: Hub, operator: Person) -> None:
    with opened(hub, **by(operator)) as line, opened(hub, **by(operator)) as other:
        assert hear(line) == hear(other) == GREETING
        say(other, {"type": "subscribe", "topic": "flows"})
        assert hear(other)["type"] == "subscribed"
        made(operator, id="before")
        for _ in range(2):
            say(line, {"type": "subscribe", "topic": "devices"})
            assert hear(line)["type"] == "subscribed"
        device = made(operator)
        event = hear(line)
        assert (event["type"], event["device_id"], event["data"]) == ("device.discovered", device["id"], device)
        changed = operator.caller.patch(one(), {"name": "Renamed"}).json()
        assert hear(line)["data"] == changed
        claimed = operator.caller.post(one(verb="claim")).json()
        event = hear(line)
        assert (event["type"], event["data"]) == ("device.claimed", claimed)
        assert hears_nothing_more(line) and hears_nothing_more(other)


def test_only_of_devices_that_they_see(hub: Hub, operator: Person, make_person: MakePerson) -> None:
    made(operator, id="seen"), made(operator, id="unseen")
    seen = Node.objects.get(key="seen")
    lena = make_person("lena", "viewer", allowed_node_ids=[str(seen.pk)])
    with opened(hub, **by(lena)) as line:
        assert hear(line) == GREETING
        say(line, {"type": "subscribe", "topic": "devices"})
        assert hear(line)["type"] == "subscribed"
        for key in ("unseen", "seen", "unseen", "seen"):
            operator.caller.patch(one(key), {"name": "Renamed"})
        assert [hear(line)["device_id"] for _ in range(2)] == ["seen", "seen"]
        assert hears_nothing_more(line)


def test_whoever_does_not_read_misses_what_is_told_and_hears_the_next(hub: Hub, operator: Person) -> None:
    made(operator, device_metadata={"x": "y" * 60_000})
    with opened(hub, **by(operator)) as slow, opened(hub, **by(operator)) as quick:
        for line in (slow, quick):
            assert hear(line) == GREETING
            say(line, {"type": "subscribe", "topic": "devices"})
            assert hear(line)["type"] == "subscribed"
        told = 400
        for number in range(told):
            operator.caller.patch(one(), {"name": f"Name {number}"})
            assert hear(quick)["data"]["name"] == f"Name {number}"
        names = []
        say(slow, {"type": "ping"})
        while (message := hear(slow))["type"] != "pong":
            names.append(message["data"]["name"])
        assert 0 < len(names) < told and names == sorted(names, key=lambda name: int(name[5:]))
        operator.caller.patch(one(), {"name": "Last"})
        assert hear(slow)["data"]["name"] == "Last"


# --- Who may hear it --------------------------------------------------------------------------------------------------


def test_a_stranger_is_refused_before_the_socket_opens(hub: Hub) -> None:
    assert refused(hub) == 403
    assert refused(hub, Authorization="Bearer garbage") == 403
    assert refused(hub, query="?token=garbage") == 403
    assert refused(hub, Cookie="session=garbage") == 403


def test_a_token_may_stand_in_a_header_or_in_the_address(hub: Hub, viewer: Person, admin: Person) -> None:
    key, jwt = viewer.token("nodes"), viewer.signed_in.access_token
    hows: list[Any] = [
        {"query": f"?token={key}"},
        {"query": f"?token={jwt}"},
        {"X-API-Key": key},
        {"Authorization": f"Bearer {key}"},
    ]
    for how in hows:
        with opened(hub, **how) as line:
            assert hear(line) == GREETING
    assert refused(hub, query=f"?token={viewer.token('flows')}") == 403
    assert refused(hub, query=f"?token={admin.robot_token('arm-7')}") == 403


def test_a_session_counts_only_from_our_own_pages(hub: Hub, viewer: Person, settings: Settings) -> None:
    browser = Caller()
    ours = f"http://127.0.0.1:{hub.port}"
    answer = sign_in(viewer.name, caller=browser)
    assert answer.status_code == 200
    session = {"Cookie": f"session={browser.cookies['session'].value}"}
    with opened(hub, origin=ours, **session) as line:
        assert hear(line) == GREETING
    assert refused(hub, origin="https://evil.example", **session) == 403
    assert refused(hub, **session) == 403
    settings.CORS_ALLOWED_ORIGINS = ["http://localhost:3000"]
    with opened(hub, origin="http://localhost:3000", **session) as line:
        assert hear(line) == GREETING


def test_the_open_lan_needs_no_login_but_no_page_from_elsewhere_speaks_for_it(hub: Hub, settings: Settings) -> None:
    settings.OPEN_LAN = [ip_network("127.0.0.0/8")]
    with opened(hub) as line:
        assert hear(line) == GREETING
    with opened(hub, origin=f"http://127.0.0.1:{hub.port}") as line:
        assert hear(line) == GREETING
    for origin in ("https://evil.example", "null"):
        assert refused(hub, origin=origin) == 403
    assert refused(hub, **{"X-Forwarded-For": "192.0.2.7"}) == 403
    settings.OPEN_LAN = [ip_network("10.0.0.0/8")]
    assert refused(hub) == 403


def test_the_lan_hears_of_devices(hub: Hub, operator: Person, settings: Settings) -> None:
    settings.OPEN_LAN = [ip_network("127.0.0.0/8")]
    with opened(hub) as line:
        assert hear(line) == GREETING
        say(line, {"type": "subscribe", "topic": "devices"})
        assert hear(line)["type"] == "subscribed"
        device = made(operator)
        assert hear(line)["data"] == device


def test_whoever_was_signed_out_hears_no_longer(hub: Hub, viewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_socket, "LOOK_AGAIN_SECONDS", 0.05)
    with opened(hub, **by(viewer)) as line:
        assert hear(line) == GREETING
        logins.revoke(login=viewer.signed_in.login, because="logout", at=timezone.now(), who=viewer.actor.who)
        with pytest.raises(ConnectionClosed) as closed:
            until(lambda: hear(line) and False)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_plain_http_finds_nothing_there(hub: Hub, viewer: Person) -> None:
    for path in PATHS:
        assert viewer.caller.get(path).status_code == 404
