"""Flows that the hub deploys to the agent: kept, replaced, dropped, and told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices.agents import TOKEN, Visit, agent, connected, hub, mode_of

FLOW = {"flow_id": "f-1", "name": "Teleop", "version": 2, "kind": "nodered", "definition": {"flows": []}}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def visit(state: Path) -> Iterator[Visit]:
    with connected(state) as (_, found):
        assert found.next("flow_report")["payload"] == {"flows": []}
        yield found


def test_a_flow_is_kept_and_told(visit: Visit, state: Path) -> None:
    assert visit.do("deploy_flow", **FLOW)["success"] is True
    assert visit.next("flow_report")["payload"] == {"flows": [{"flow_id": "f-1", "version": 2}]}
    kept = state / "flows" / "f-1.json"
    assert (json.loads(kept.read_text()), mode_of(kept)) == (FLOW, 0o600)


def test_the_next_version_takes_its_place_and_in_the_end_it_is_gone(visit: Visit, state: Path) -> None:
    visit.do("deploy_flow", **FLOW)
    visit.next("flow_report")
    visit.do("deploy_flow", **FLOW | {"version": 3})
    assert visit.next("flow_report")["payload"]["flows"] == [{"flow_id": "f-1", "version": 3}]
    assert visit.do("undeploy_flow", flow_id="f-1")["success"] is True
    assert visit.next("flow_report")["payload"] == {"flows": []}
    assert visit.do("undeploy_flow", flow_id="f-1")["error_code"] == "unknown_flow"


@pytest.mark.parametrize("flow_id", [None, 7, "", "../identity", "a/b", "x" * 65])
def test_an_id_is_no_path(visit: Visit, state: Path, flow_id: object) -> None:
    ack = visit.do("deploy_flow", **FLOW | {"flow_id": flow_id})
    assert (ack["success"], ack["error_code"]) == (False, "validation_error")
    assert not (state / "flows").exists()


def test_what_became_of_its_flows_in_an_outage_is_told_when_it_is_back(state: Path) -> None:
    with hub() as found, agent(state, "--hub", found.url, "--token", TOKEN):
        first = found.visit().register()
        first.do("deploy_flow", **FLOW)
        first.do("deploy_flow", **FLOW | {"flow_id": "f-2"})
        first.hang_up()
        (state / "flows" / "f-1.json").unlink()
        second = found.visit().accept()
        assert second.next("flow_report")["payload"] == {"flows": [{"flow_id": "f-2", "version": 2}]}
