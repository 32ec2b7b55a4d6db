"""Media flows on edges, in the words that edges know."""

import pytest

from tests.devices import told
from tests.flows.deploying import actions, add_version, deploy, flow_of, media, now, obey, undeploy
from tests.people import Person

pytestmark = pytest.mark.django_db


def test_media_flows_go_to_edges_in_the_words_of_edges(developer: Person) -> None:
    told.node("venue")
    flow = flow_of("media")
    deploy(developer, flow, target_nodes=["venue"])
    first = obey()
    assert first[0].action == {"type": "create_flow", "flow": media()}
    # An edge is asked what it made of it.
    assert actions(told.receive()) == ["get_config"]
    add_version(flow, media(name="Wide"))
    deploy(developer, flow, target_nodes=["venue"])
    assert obey()[0].action == {"type": "update_flow", "flow_id": "m1", "flow": media(name="Wide")}
    told.receive()
    undeploy(developer, flow)
    assert obey()[0].action == {"type": "delete_flow", "flow_id": "m1"}


def test_a_version_with_another_id_leaves_nothing_behind(developer: Person) -> None:
    told.node("venue")
    flow = flow_of("media")
    deploy(developer, flow, target_nodes=["venue"])
    obey()
    told.receive()
    add_version(flow, media("m2"))
    deploy(developer, flow, target_nodes=["venue"])
    assert actions(obey()) == ["delete_flow", "create_flow"]
    assert now(developer, flow)["venue"]["status"] == "deployed"


def test_force_replaces_what_an_edge_has_under_that_id(developer: Person) -> None:
    told.node("venue")
    flow = flow_of("media")
    deploy(developer, flow, target_nodes=["venue"], force=True)
    assert actions(obey()) == ["update_flow"]


def test_relays_carry_no_media_flows(developer: Person) -> None:
    told.node("middle", "relay")
    body = deploy(developer, flow_of("media"), target_nodes=["middle"]).json()
    assert body["skipped"][0]["reason"] == "A node of type relay does not know this command."
