"""The open LAN: what Tafy's clients do without a login, with nodes of the bus and Node-RED flows, and nothing else."""

from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from devices.models import BusNode, Command, Node
from devices.services.bus_meeting import MOST_UNCLAIMED
from flows.choices import Access
from flows.models import AwaitedDeployment, Deployment, Flow
from rdos import ticks
from rdos.kernel.encryption import conceal
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.devices.tafy import DEVICES, NEW, one
from tests.flows.deploying import flow_of
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
FLOWS = "/tafy/api/v1/flows/"
# Runs Node-RED, which a microcontroller does not.
PI = NEW | {"type": "pi"}
CONFIG = {"flows": [{"id": "n1", "type": "inject"}]}


@pytest.fixture
def lan(settings: Settings) -> Caller:
    settings.OPEN_LAN = [ip_network("192.168.0.0/16")]
    return Caller(REMOTE_ADDR="192.168.7.7")


def flow_by(caller: Caller, **fields: Any) -> Any:
    response = caller.post(FLOWS, {"name": "Teleop", "config": CONFIG, **fields})
    assert response.status_code == 200, response.content
    return response.json()


def guard_node_red() -> None:
    bus = BusNode.objects.get()
    conceal(bus, "admin_token", "its token")
    bus.save()


def test_a_device_is_made_changed_and_claimed_without_a_login(lan: Caller) -> None:
    assert lan.post(DEVICES, NEW).status_code == 200
    assert lan.patch(one(), {"status": "online"}).json()["status"] == "online"
    assert lan.post(one(verb="claim")).json()["claimed"] is True
    assert lan.get(DEVICES).json()["total"] == 1
    assert lan.get("/api/v1/devices").json()["total"] == 1
    entries = JournalEntry.objects.filter(object_kind="node")
    assert {(entry.actor_kind, entry.actor_address) for entry in entries} == {("lan", "192.168.7.7")}


def test_credentials_that_clients_happen_to_send_are_still_looked_at(lan: Caller) -> None:
    assert lan.get(DEVICES, headers={"authorization": "Bearer x"}).status_code == 401


def test_only_from_the_lan_and_for_no_page_from_elsewhere(lan: Caller) -> None:
    assert Caller(REMOTE_ADDR="203.0.113.9").post(DEVICES, NEW).status_code == 401
    assert lan.post(DEVICES, NEW, headers={"origin": "https://evil.example"}).status_code == 401
    assert lan.post(DEVICES, NEW, headers={"x-forwarded-for": "192.168.7.7"}).status_code == 401
    assert not Node.objects.exists()


def test_other_nodes_are_not_there(lan: Caller) -> None:
    told.node("venue")
    assert lan.get(DEVICES).json() == {"devices": [], "total": 0}
    for answer in (
        lan.get(one("venue")),
        lan.patch(one("venue"), {"name": "Mine"}),
        lan.post(one("venue", "claim")),
        lan.post(one("venue", "command"), {"type": "stop"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "Device not found")
    assert lan.post(DEVICES, NEW | {"id": "venue"}).status_code == 409
    assert not Command.objects.exists()


def test_it_cannot_fill_the_hub_with_ids_that_it_makes_up(lan: Caller, operator: Person) -> None:
    strangers = [Node(key=f"made-up-{n}", name="x", on_bus=True, claimed=False) for n in range(MOST_UNCLAIMED)]
    BusNode.objects.bulk_create(BusNode(node=node) for node in Node.objects.bulk_create(strangers))
    refused = lan.post(DEVICES, NEW)
    assert (refused.status_code, refused.json()["status_code"]) == (409, 409)
    assert lan.post(DEVICES, NEW | {"id": "made-up-1"}).status_code == 200
    assert lan.get(DEVICES).json()["total"] == MOST_UNCLAIMED
    assert operator.caller.post(DEVICES, NEW).status_code == 200


def test_flows_of_the_lan_belong_to_nobody_and_are_shared(lan: Caller, developer: Person) -> None:
    flow = flow_by(lan)
    row = Flow.objects.get()
    assert (row.owner_id, row.access) == (None, Access.SHARED)
    assert lan.get(f"{FLOWS}{flow['id']}").json() == flow
    assert developer.caller.get(f"{FLOWS}{flow['id']}").json() == flow
    assert lan.patch(f"{FLOWS}{flow['id']}", {"name": "Other"}).json()["version"] == 2


def test_a_flow_of_somebodys_is_deployed_and_not_changed(lan: Caller, developer: Person) -> None:
    lan.post(DEVICES, PI)
    path = f"{FLOWS}{flow_by(developer.caller)['id']}"
    refused = lan.patch(path, {"config": {"flows": []}})
    assert refused.status_code == 403 and "somebody's own" in refused.json()["error"]
    assert developer.caller.get(path).json()["version"] == 1
    assert lan.post(f"{path}/deploy", {"target_nodes": [NEW["id"]]}).status_code == 200
    assert Deployment.objects.get().node.key == NEW["id"]


def test_a_node_red_that_asks_for_a_token_gets_nothing_from_the_lan(lan: Caller, developer: Person) -> None:
    """The token is the hub's: whoever may not sign in is not to have it used for them."""
    lan.post(DEVICES, PI)
    guard_node_red()
    flow = flow_by(lan, target_nodes=[NEW["id"]])
    refused = lan.post(f"{FLOWS}{flow['id']}/deploy")
    assert refused.status_code == 422 and "asks for a token" in refused.json()["details"][0]["msg"]
    assert not Deployment.objects.exists() and not Command.objects.exists()
    assert developer.caller.post(f"{FLOWS}{flow['id']}/deploy").status_code == 200
    assert (Deployment.objects.get().status, Command.objects.count()) == ("pending", 1)
    lan.delete(f"{FLOWS}{flow['id']}/undeploy")
    assert (Deployment.objects.get().status, Command.objects.count()) == ("pending", 1)


def test_what_was_awaited_for_such_a_node_says_why_it_does_not_come(lan: Caller) -> None:
    flow = flow_by(lan, target_nodes=[NEW["id"]])
    lan.post(f"{FLOWS}{flow['id']}/deploy")
    lan.post(DEVICES, PI)
    guard_node_red()
    ticks.look_at_deployments()
    assert "asks for a token" in AwaitedDeployment.objects.get().error


def test_a_device_with_a_credential_is_not_made_anew_or_changed(lan: Caller, operator: Person) -> None:
    lan.post(DEVICES, NEW)
    BusNode.objects.update(credential_hash="$2a$04$x")
    for refused in (lan.post(DEVICES, NEW | {"name": "Mine"}), lan.patch(one(), {"status": "error"})):
        assert refused.status_code == 403 and "credential" in refused.json()["error"]
    assert lan.get(one()).json()["name"] == NEW["name"]
    assert operator.caller.patch(one(), {"status": "error"}).status_code == 200


def test_of_flows_only_those_of_node_red_that_are_shared(lan: Caller, developer: Person) -> None:
    shared = flow_by(developer.caller)
    private = flow_by(developer.caller)
    Flow.objects.filter(pk=private["id"]).update(access=Access.PRIVATE)
    graph = flow_of("organism", "name: x")
    assert [flow["id"] for flow in lan.get(FLOWS).json()] == [shared["id"]]
    for pk in (private["id"], graph.pk):
        path = f"{FLOWS}{pk}"
        for answer in (
            lan.get(path),
            lan.patch(path, {"name": "x"}),
            lan.post(f"{path}/deploy", {"target_nodes": ["a"]}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (404, "Flow not found")
        assert lan.delete(f"{path}/undeploy").status_code == 404


def test_it_deploys_to_nodes_of_the_bus_only(lan: Caller) -> None:
    told.node("venue", "robot")
    lan.post(DEVICES, PI)
    flow = flow_by(lan, target_nodes=[NEW["id"], "venue"])
    assert lan.post(f"{FLOWS}{flow['id']}/deploy").json()["deployed"] is True
    assert [row.node.key for row in Deployment.objects.all()] == [NEW["id"]]
    ticks.look_at_deployments()
    assert [command.node.key for command in Command.objects.all()] == [NEW["id"]]
    assert lan.delete(f"{FLOWS}{flow['id']}/undeploy").json()["deployed"] is False


def test_what_it_wants_on_a_node_to_come_is_brought_while_the_lan_is_open(lan: Caller, settings: Settings) -> None:
    flow = flow_by(lan, target_nodes=[NEW["id"]])
    assert lan.post(f"{FLOWS}{flow['id']}/deploy").json()["deployed"] is True
    lan.post(DEVICES, PI)
    networks, settings.OPEN_LAN = settings.OPEN_LAN, []
    ticks.look_at_deployments()
    assert not Deployment.objects.exists()
    assert "may not deploy" in AwaitedDeployment.objects.get().error
    settings.OPEN_LAN = networks
    ticks.look_at_deployments()
    assert Deployment.objects.get().node.key == NEW["id"]
    assert not AwaitedDeployment.objects.exists()


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_a_flow_cannot_be_deleted_or_replaced_there(lan: Caller, viewer: Person, method: str) -> None:
    flow = flow_by(lan)
    for caller in (lan, viewer.caller):
        answer = caller.generic(method, f"{FLOWS}{flow['id']}", "{}", "application/json")
        assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed", "status_code": 405})
    assert lan.get(f"{FLOWS}{flow['id']}").json() == flow
    assert lan.delete(f"/api/v1/flows/{flow['id']}").status_code == 403
