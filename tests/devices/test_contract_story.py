"""bilbycast's programs against the hub, over TLS with a certificate of its own, from the first dial to the last."""

import hmac
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devices.models import Command, Node
from rdos.up.tls import certificate
from tests.devices.conftest import until
from tests.devices.fake_node import FakeNode
from tests.devices.hub import Hub, serving
from tests.devices.test_faults import Background
from tests.people import PASSWORD, Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tls_hub(tmp_path: Path) -> Iterator[Hub]:
    found, key = certificate(tmp_path, [])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(found, key)
    # The client here reads and writes one TLS connection in two threads, and may hang for ever over a session ticket.
    context.num_tickets = 0
    with serving(context) as hub:
        yield hub


def trusting() -> ssl.SSLContext:
    """What `accept_self_signed_cert` does: no check at all, and the relay's TLS 1.3."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class Browser:
    """A client of bilbycast's REST API: it signs in, keeps its cookies and shows the CSRF token with every write."""

    def __init__(self, hub: Hub, person: Person) -> None:
        self._client = httpx.Client(base_url=f"{hub.url}/bilbycast/api/v1", verify=False, timeout=40, trust_env=False)
        answer = self._client.post("/auth/login", json={"username": person.name, "password": PASSWORD})
        assert answer.status_code == 200 and answer.json()["success"] is True
        self._client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]

    def __call__(self, method: str, path: str, status: int, **options: Any) -> Any:
        answer = self._client.request(method, path, **options)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def browser(tls_hub: Hub, admin: Person) -> Iterator[Browser]:
    found = Browser(tls_hub, admin)
    yield found
    found.close()


Program = Callable[..., FakeNode]


@pytest.fixture
def program(tls_hub: Hub, browser: Browser) -> Iterator[Program]:
    """A program added through the API and registered with the token that the API gave."""
    made: list[FakeNode] = []

    def start(name: str, device_type: str) -> FakeNode:
        row = browser("POST", "/nodes", 201, json={"name": name, "device_type": device_type})
        assert row["status"] == "pending" and row["device_type"] == device_type
        node = FakeNode(f"{tls_hub.socket_url.replace('/ws', '/bilbycast/ws', 1)}", tls=trusting())
        made.append(node)
        node.register(row["registration_token"])
        assert node.node_id == row["id"]
        return node

    yield start
    for node in made:
        node.leave()


def test_an_edge_lives_through_register_reconnect_rotate_command_and_delete(browser: Browser, program: Program) -> None:
    edge = program("Venue", "edge")
    path = f"/nodes/{edge.node_id}"
    edge.send("health", {"status": "ok", "version": "0.106.0", "uptime_secs": 1, "active_flows": 0, "total_flows": 0})
    until(lambda: browser("GET", path, 200)["last_health"])
    assert browser("GET", path, 200)["software_version"] == "0.106.0"

    with Background(lambda: browser("POST", f"{path}/command", 200, json=action("stop_flow", flow_id="f1"))) as told:
        edge.obey()
    assert told.result == {"command_id": told.result["command_id"], "success": True}

    with Background(lambda: browser("POST", f"{path}/command", 422, json=action("stop_flow", flow_id="f2"))) as told:
        refused = edge.command()
        edge.send("command_ack", {"command_id": refused["command_id"], "success": False, "error": "no such flow"})
    assert told.result["error"] == "no such flow"

    edge.config = {"version": 2, "manager": {"url": "wss://x", "node_secret": edge.secret}, "flows": []}
    with Background(lambda: browser("GET", f"{path}/config", 200)) as told:
        assert edge.obey()["action"] == {"type": "get_config"}
    assert told.result == {"version": 2, "manager": {"url": "wss://x"}, "flows": []}
    # The same again comes from the cache, without a word to the node.
    assert browser("GET", f"{path}/config", 200) == told.result
    with Background(lambda: browser("POST", f"{path}/command", 200, json=action("get_config"))) as told:
        edge.obey()
    assert told.result["success"] is True and told.result["data"]["version"] == 2

    old = edge.secret
    with Background(lambda: browser("POST", f"{path}/command", 200, json=action("rotate_secret"))) as told:
        rotation = edge.command()
        edge.ack(rotation)
    assert "new_secret" not in str(told.result)
    edge.leave()
    edge.come_back().leave()
    edge.secret = rotation["action"]["new_secret"]
    edge.come_back().leave()
    # Now that the new one was shown, the old one is nothing any more.
    assert FakeNode(edge.url, tls=edge.tls).dial().show(edge.node_id, old)["type"] == "auth_error"
    edge.come_back()

    assert [one["id"] for one in browser("GET", "/nodes?device_type=edge", 200)] == [edge.node_id]
    browser("DELETE", path, 204)
    assert edge.closed() == (4001, "the node was deleted")
    browser("GET", path, 404)
    assert edge.dial().show(edge.node_id, edge.secret)["type"] == "auth_error"


def test_a_managed_tunnel_reaches_two_edges_and_a_relay_with_the_right_tokens(
    browser: Browser, program: Program
) -> None:
    one, two, relay = program("Venue", "edge"), program("Studio", "edge"), program("Relay", "relay")
    wanted = {
        "name": "programme",
        "protocol": "udp",
        "mode": "relay",
        "ingress_node_id": one.node_id,
        "ingress_listen_port": 9000,
        "egress_node_id": two.node_id,
        "egress_forward_addr": "127.0.0.1:9100",
        "relay_node_id": relay.node_id,
        "relay_addr": "192.0.2.10:4433",
    }
    with Background(lambda: browser("POST", "/tunnels", 200, json=wanted)) as made:
        authorized = relay.obey()["action"]
        entering = one.obey()["action"]["tunnel"]
        leaving = two.obey()["action"]["tunnel"]
    tunnel = made.result
    assert (tunnel["status"], tunnel.get("warnings")) == ("active", None)
    assert (entering["direction"], leaving["direction"]) == ("egress", "ingress")
    assert (entering["local_addr"], leaving["local_addr"]) == ("0.0.0.0:9000", "127.0.0.1:9100")
    secret = entering["tunnel_bind_secret"]
    assert authorized == {
        "type": "authorize_tunnel",
        "tunnel_id": tunnel["id"],
        "ingress_token": bind_token(secret, tunnel["id"], "ingress"),
        "egress_token": bind_token(secret, tunnel["id"], "egress"),
    }
    for key in ("tunnel_encryption_key", "tunnel_bind_secret"):
        assert entering[key] == leaving[key] and len(entering[key]) == 64
        assert entering[key] not in str(tunnel) + str(list(Command.objects.values()))

    relay.leave()
    until(lambda: not Node.objects.get(pk=relay.node_id).is_connected)
    assert until(lambda: browser("GET", f"/tunnels/{tunnel['id']}", 200)["relay_push_status"] == "pending")
    relay.come_back()
    assert relay.obey()["action"] == authorized
    until(lambda: browser("GET", f"/tunnels/{tunnel['id']}", 200)["status"] == "active")

    browser("DELETE", f"/tunnels/{tunnel['id']}", 200)
    assert one.obey()["action"] == two.obey()["action"] == {"type": "delete_tunnel", "tunnel_id": tunnel["id"]}
    assert relay.obey()["action"] == {"type": "revoke_tunnel", "tunnel_id": tunnel["id"]}


def action(name: str, **arguments: Any) -> dict[str, Any]:
    return {"action": {"type": name, **arguments}}


def bind_token(secret: str, tunnel_id: str, direction: str) -> str:
    return hmac.new(secret.encode(), f"{tunnel_id}:{direction}".encode(), "sha256").hexdigest()
