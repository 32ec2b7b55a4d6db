"""What a command becomes on the bus."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from devices.bus_letters import letter_of
from rdos.kernel.errors import InvalidInput

AT = datetime(2026, 1, 5, 9, 0, 10, 250_000, tzinfo=UTC)
FLOW = "6f0c0a3e-0000-4000-8000-000000000000"
DEPLOY = {"type": "deploy_flow", "flow_id": FLOW, "name": "Teleop", "version": 2, "kind": "nodered"}


def written(action: dict[str, Any], text: str = "", key: str = "esp32-a1", purpose: str = "") -> tuple[str, bytes]:
    return letter_of(action["type"], action, text, key, AT, purpose=purpose)


@pytest.mark.parametrize(
    ("definition", "config"),
    [
        ({"flows": [{"id": "n1"}], "more": 1}, {"flows": [{"id": "n1"}], "more": 1}),
        ([{"id": "n1"}], {"flows": [{"id": "n1"}]}),
        ({}, {}),
        ("name: x", {"text": "name: x"}),
    ],
)
def test_a_deployment_is_the_letter_of_the_contract(definition: Any, config: Any) -> None:
    subject, data = written({**DEPLOY, "definition": definition}, purpose="deploy")
    assert subject == "node.esp32-a1.flow.deploy"
    said = orjson.loads(data)
    assert list(said) == ["flow_id", "config", "version", "timestamp"]
    assert said == {"flow_id": FLOW, "config": config, "version": 2, "timestamp": "2026-01-05T09:00:10.250000Z"}


def test_an_undeployment_names_the_flow_and_the_moment() -> None:
    subject, data = written({"type": "undeploy_flow", "flow_id": FLOW}, purpose="deploy")
    assert subject == "node.esp32-a1.flow.undeploy"
    assert orjson.loads(data) == {"flow_id": FLOW, "timestamp": "2026-01-05T09:00:10.250000Z"}


def test_a_command_goes_out_byte_for_byte_as_its_client_sent_it() -> None:
    text = '{ "type":"move",\n "data": {"angular":0.0, "linear":0.50}, "ü": 1e2 }'
    subject, data = written({"type": "move"}, text)
    assert (subject, data) == ("device.esp32-a1.command", text.encode())


def test_what_a_person_calls_deploy_flow_is_an_ordinary_command() -> None:
    action = {"type": "deploy_flow", "flow_id": "x"}
    assert written(action) == ("device.esp32-a1.command", orjson.dumps(action))


def test_a_key_that_would_be_several_parts_of_a_subject_is_refused() -> None:
    for key in ("a.b", "*", ">", "a b", ""):
        with pytest.raises(InvalidInput):
            written({"type": "ping"}, key=key)


def test_the_moment_is_utc_wherever_it_was_read() -> None:
    east = AT.astimezone(timezone(timedelta(hours=5)))
    _, data = letter_of("undeploy_flow", {"flow_id": FLOW}, "", "a", east, purpose="deploy")
    assert orjson.loads(data)["timestamp"] == "2026-01-05T09:00:10.250000Z"
