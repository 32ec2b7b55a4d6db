"""What one node says, however strange, never holds up what another says: they are stored together."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Command, Connection, Node
from devices.services import commands
from rdos.kernel.journal import SYSTEM
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode, new_id
from tests.people import Person

NUL = "\x00"
HUGE = 10**40

ODDITIES = [
    ("command_ack", {"command_id": new_id(), "success": False, "error": NUL, "error_code": NUL}),
    ("command_ack", {"command_id": new_id(), "success": True, "data": {NUL: [NUL, HUGE]}, "details": NUL}),
    ("command_ack", {"command_id": new_id(), "success": False, "error": {"code": NUL}}),
    ("health", {"status": NUL, "version": f"1{NUL}2", "reason": NUL, NUL: HUGE}),
    ("health", {"status": "error", "version": NUL * 300, "message": NUL}),
    ("event", {"severity": NUL, "category": NUL, "message": f"a{NUL}", "flow_id": NUL, "details": {NUL: NUL}}),
    ("log", {"level": NUL, "message": NUL, "source": NUL}),
    ("config_response", {NUL: NUL, "huge": HUGE}),
    ("stats", {NUL: NUL, "flows": [{"flow_id": NUL, "input": {"bitrate_bps": HUGE}}], "uptime_secs": -HUGE}),
]


@pytest.mark.parametrize(("name", "payload"), ODDITIES)
def test_no_frame_of_one_node_holds_up_the_frames_of_another(online: Any, name: str, payload: Any) -> None:
    odd, other = online("Odd"), online("Other")
    odd.send(name, payload)
    later = timezone.now() + timedelta(minutes=1)
    command = commands.create(who=SYSTEM, node_id=row_of(other).pk, action={"type": "stop"}, expires_at=later)
    other.ack(other.command())
    until(lambda: Command.objects.filter(pk=command.pk, status="acked").exists(), 4)
    other.send("health", {"status": "degraded", "version": "2"})
    until(lambda: Node.objects.filter(pk=other.node_id, status="degraded").exists(), 4)
    other.leave()
    becomes(other, "offline")


def test_a_strange_goodbye_of_one_node_holds_up_no_other(online: Any) -> None:
    odd, other = online("Odd"), online("Other")
    odd.line.close(3000, NUL)
    other.leave()
    becomes(other, "offline")
    assert becomes(odd, "offline").status_reason


def test_a_goodbye_with_the_hubs_own_code_is_a_goodbye(online: Any) -> None:
    node = online()
    session = row_of(node).session_id
    node.line.close(1012, "service restart")
    until(lambda: Node.objects.filter(pk=node.node_id, status="offline").exists(), 4)
    assert Connection.objects.get(pk=session).close_reason == "service restart"


def test_a_strange_version_keeps_nobody_out(new_node: Any, admin: Person) -> None:
    _, odd, token = new_node("Odd")
    odd.register(token, software_version=f"1{NUL}", device_type=NUL)
    odd.leave()
    odd.come_back(software_version=NUL)


def test_garbage_on_the_wire_gets_a_close_frame(online: Any) -> None:
    for garbage, code in ((b"\xff" * 200, 1002), (_frame(b'{"type":"\xff\xfe"}'), 1007)):
        node: FakeNode = online()
        node.line.socket.sendall(garbage)
        assert node.closed()[0] == code
        becomes(node, "offline")


def _frame(text: bytes) -> bytes:
    """A masked text frame, whose mask of zeroes leaves the text as it is."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def test_deep_and_wide_json_is_refused_or_taken_in_no_time(online: Any) -> None:
    node = online()
    node.say('{"type":"health","payload":{"a":' + json.dumps([[] for _ in range(1_000_000)]) + "}}")
    node.send("health", {"status": "ok", "version": "after"})
    until(lambda: row_of(node).software_version == "after")
