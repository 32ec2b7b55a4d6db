"""What a real node says over its socket, found again through the API."""

from typing import Any

import pytest
from django.utils import timezone

from devices.models import Node
from rdos.kernel import journal
from telemetry.services import hub_events
from tests.devices.conftest import hub, new_node, online, until
from tests.devices.fake_node import FakeNode
from tests.people import Person

__all__ = ["hub", "new_node", "online"]
STATS = {
    "flows": [{"flow_id": "f1", "state": "Running", "input": {"bitrate_bps": 5_000_000}}],
    "tunnels": [],
    "uptime_secs": 12,
}


def get(person: Person, path: str) -> Any:
    return person.caller.get(f"/api/v1{path}").json()


def test_events_values_and_lines_of_a_node(online: Any, viewer: Person) -> None:
    node: FakeNode = online()
    node.send(
        "event", {"severity": "major", "category": "srt", "message": "link lost", "flow_id": "f1", "input_id": "i1"}
    )
    node.send("stats", STATS)
    node.send("log", {"level": "error", "message": "no route", "source": "srt"})
    event = until(lambda: get(viewer, f"/events?node_id={node.node_id}&category=srt"))[0]
    assert (event["severity"], event["message"], event["flow_id"]) == ("major", "link lost", "f1")
    assert event["details"] == {"input_id": "i1"} and event["acknowledged"] is False
    values = until(lambda: get(viewer, f"/nodes/{node.node_id}/values"))
    assert values["active_flows"]["value"] == 1 and values["total_bitrate_bps"]["value"] == 5_000_000
    assert until(lambda: get(viewer, f"/nodes/{node.node_id}/logs"))[0]["message"] == "no route"
    node.leave()
    until(lambda: not Node.objects.get(pk=node.node_id).is_connected)
    journal.seal()
    hub_events.tell()
    told = [
        (one["severity"], one["message"]) for one in get(viewer, f"/events?node_id={node.node_id}&category=connection")
    ]
    assert told == [("critical", "Node disconnected"), ("info", "Node connected")]


def test_many_events_keep_their_order(online: Any, viewer: Person) -> None:
    node: FakeNode = online()
    for number in range(200):
        node.send("event", {"severity": "info", "category": "count", "message": f"{number}"})
    found = until(lambda: (rows := get(viewer, "/events?category=count&per_page=200")) and len(rows) == 200 and rows)
    assert [one["message"] for one in reversed(found)] == [str(number) for number in range(200)]


@pytest.mark.parametrize("junk", [{"severity": [], "category": {}, "message": "m"}, {"message": "m\x00\ud800"}])
def test_odd_events_are_kept_as_well_as_they_can_be(online: Any, viewer: Person, junk: dict[str, Any]) -> None:
    node: FakeNode = online()
    before = timezone.now()
    node.send("event", junk)
    node.send("event", {"severity": "info", "category": "after", "message": "fine"})
    found = until(lambda: get(viewer, f"/events?category=after&from={before:%Y-%m-%dT%H:%M:%SZ}"))
    assert found[0]["message"] == "fine"
