"""A real Node-RED, a real bridge, and everything that happens to a flow between them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Bridge, Node, NodeRedFlow
from flows.models import Flow
from tests.bus.conftest import BridgeChild, start_bridge
from tests.bus.node_red import FOREIGN, TOKEN, NodeRed
from tests.devices.conftest import until
from tests.flows.deploying import add_version, deploy, flow_of, undeploy
from tests.flows.on_node_red import on_the_bus, state, url
from tests.people import Person
from tests.servers import LoneNats

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.django_db(transaction=True)]
PI = "pi-1"
OURS = {"rdos-tab", "rdos-inject", "rdos-fn"}


def version(words: str, *, ends_in: str = "rdos-debug") -> dict[str, Any]:
    """A tab whose inject starts by itself, so that its function can be seen to run."""
    return {
        "flows": [
            {"id": "rdos-tab", "type": "tab", "label": "From the hub", "disabled": False, "info": "", "env": []},
            {"id": "rdos-inject", "type": "inject", "z": "rdos-tab", "name": "", "props": [{"p": "payload"}],
             "repeat": "", "once": True, "onceDelay": 0.1, "payload": words, "payloadType": "str", "x": 100, "y": 80,
             "wires": [["rdos-fn"]]},
            {"id": "rdos-fn", "type": "function", "z": "rdos-tab", "name": "", "outputs": 1, "x": 300, "y": 80,
             "func": "node.warn('ran ' + msg.payload); return msg;", "wires": [[ends_in]]},
            {"id": ends_in, "type": "debug", "z": "rdos-tab", "name": "", "active": False, "x": 500, "y": 80,
             "wires": []},
        ]
    }  # fmt: skip


@pytest.fixture
def red(tmp_path: Path) -> Iterator[NodeRed]:
    found = NodeRed(tmp_path)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
def bridge(
    transactional_db: None, own_bus: LoneNats, shared_bridge: list[BridgeChild], monkeypatch: pytest.MonkeyPatch
) -> Iterator[BridgeChild]:
    """One that may call this machine, and is alone."""
    for other in shared_bridge:
        other.stop()
    monkeypatch.setenv("RDOS_OUTGOING_ALLOWED", "127.0.0.1/32")
    child = start_bridge(own_bus)
    try:
        until(lambda: Bridge.objects.filter(reached_at__isnull=False).exists(), seconds=60)
        yield child
    finally:
        child.stop()


def becomes(who: Person, flow: Flow, seconds: float = 30, **facts: Any) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        row = state(who, flow)
        return row if {name: row[name] for name in facts} == facts else None

    return until(there, seconds)


def a_minute_later(node: Node) -> None:
    NodeRedFlow.objects.filter(node=node).update(looked_at=timezone.now() - timedelta(minutes=2))


def test_a_flow_goes_to_a_real_node_red_and_comes_back(admin: Person, red: NodeRed, bridge: BridgeChild) -> None:
    node = on_the_bus(PI)
    flow = flow_of("nodered", version("one"))
    assert admin.caller.patch(url(node), {"admin_url": red.url}).status_code == 200

    # Without its token it does not let the hub in; with it, it does.
    deploy(admin, flow, target_nodes=[PI])
    assert becomes(admin, flow, status="failed")["error_code"] == "node_red_unauthorized"
    admin.caller.patch(url(node), {"admin_token": TOKEN})
    deploy(admin, flow, target_nodes=[PI])
    becomes(admin, flow, status="deployed", present_version=1, converged=True)
    assert {*red.flows} == {*OURS, "rdos-debug"} | {one["id"] for one in FOREIGN}
    (pushed,) = admin.caller.get(url(node)).json()["flows"]
    assert (pushed["version"], pushed["revision"]) == (1, red.revision)
    until(lambda: "ran one" in red.log)

    # The next version takes the place of the former, and nobody else's.
    add_version(flow, version("two", ends_in="rdos-other"))
    deploy(admin, flow, target_nodes=[PI])
    becomes(admin, flow, status="deployed", present_version=2)
    assert {*red.flows} == {*OURS, "rdos-other"} | {one["id"] for one in FOREIGN}
    until(lambda: "ran two" in red.log)

    # Somebody edits it there; the look finds it, and sending it again heals it.
    red.edit("rdos-fn", func="node.warn('edited'); return msg;")
    a_minute_later(node)
    becomes(admin, flow, drift="different", converged=False)
    deploy(admin, flow, target_nodes=[PI])
    becomes(admin, flow, status="deployed", drift=None)
    assert red.flows["rdos-fn"]["func"].startswith("node.warn('ran ")

    # Somebody edits what is theirs, which is nobody's drift.
    red.edit("foreign-fn", func="return null;")
    a_minute_later(node)
    until(lambda: NodeRedFlow.objects.get().looked_at > timezone.now() - timedelta(minutes=1), 30)
    assert state(admin, flow)["drift"] is None

    # It is down: that has a name. It is back, with all that it had: told again by hand, it is deployed.
    red.stop()
    deploy(admin, flow, target_nodes=[PI])
    row = becomes(admin, flow, status="failed")
    assert row["error_code"] == "node_red_unreachable"
    red.start()
    assert {*red.flows} == {*OURS, "rdos-other"} | {one["id"] for one in FOREIGN}
    assert admin.caller.post(f"/api/v1/deployments/{row['id']}/retry", {}).status_code == 200
    becomes(admin, flow, status="deployed", drift=None)

    # A type that it does not have would stop everything there.
    other = flow_of("nodered", {"flows": [{"id": "x", "type": "tafy-joystick", "wires": []}]})
    deploy(admin, other, target_nodes=[PI])
    assert becomes(admin, other, status="failed")["error_code"] == "missing_node_types"

    # Away it goes, and only it.
    undeploy(admin, flow)
    becomes(admin, flow, status="removed")
    assert [one for one in red.flows.values() if one["id"] != "foreign-fn"] == [FOREIGN[0], FOREIGN[2]]
    assert red.flows["foreign-fn"] == FOREIGN[1] | {"func": "return null;"}


def test_a_bridge_that_is_killed_leaves_nothing_half_done(
    admin: Person, red: NodeRed, bridge: BridgeChild, own_bus: LoneNats
) -> None:
    node = on_the_bus(PI, admin_url=red.url)
    admin.caller.patch(url(node), {"admin_token": TOKEN})
    flow = flow_of("nodered", version("one"))
    bridge.kill()
    deploy(admin, flow, target_nodes=[PI])
    assert state(admin, flow)["status"] == "pending"
    again = start_bridge(own_bus)
    try:
        becomes(admin, flow, 60, status="deployed", present_version=1)
        until(lambda: "ran one" in red.log)
    finally:
        again.stop()
