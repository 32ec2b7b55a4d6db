"""Flows and their ends, read out of an edge's configuration."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from devices.drivers import flows_of

SRT = {"type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000", "passphrase": "hunter22"}
UDP = {"type": "udp", "id": "o1", "name": "Studio", "dest_addr": "192.0.2.1:5000", "ttl": 4}
SEEN = {
    "flow_id": "f1",
    "flow_name": "Main",
    "enabled": True,
    "input": {"type": "srt", "mode": "listener", "local_addr": "0.0.0.0:9000"},
    "outputs": [{"type": "udp", "id": "o1", "name": "Studio", "dest_addr": "192.0.2.1:5000"}],
}


def version_two(*inputs: dict[str, Any]) -> dict[str, Any]:
    flow = {"id": "f1", "name": "Main", "enabled": True, "input_ids": [one["id"] for one in inputs]}
    return {"version": 2, "inputs": list(inputs), "outputs": [UDP], "flows": [{**flow, "output_ids": ["o1", "gone"]}]}


def test_a_flow_that_holds_its_own_ends_is_read() -> None:
    config = {"flows": [{"id": "f1", "name": "Main", "enabled": True, "input": SRT, "outputs": [UDP]}]}
    assert flows_of(config) == [SEEN]


def test_a_flow_that_names_its_ends_is_read_the_same() -> None:
    assert flows_of(version_two({"id": "i1", **SRT})) == [SEEN]


def test_of_several_inputs_the_active_one_is_shown() -> None:
    rtp = {"id": "i2", "type": "rtp", "bind_addr": "0.0.0.0:5004", "active": True}
    assert flows_of(version_two({"id": "i1", **SRT}, rtp))[0]["input"] == {"type": "rtp", "bind_addr": "0.0.0.0:5004"}


def test_a_flow_without_a_name_or_ends_is_still_a_flow() -> None:
    assert flows_of({"flows": [{"id": "f1"}]}) == [
        {"flow_id": "f1", "flow_name": "f1", "enabled": True, "input": {"type": "unknown"}, "outputs": []}
    ]


def test_a_flow_without_an_id_is_none() -> None:
    assert flows_of({"flows": [{"name": "x"}, {"id": 7}, 7, None]}) == []


KEYS = some.sampled_from(["flows", "inputs", "outputs", "id", "name", "input", "input_ids", "output_ids", "type"])
JUNK = some.recursive(
    some.none() | some.integers() | some.sampled_from(["f1", "o1", "i1"]),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
FLOW = some.fixed_dictionaries({"id": some.just("f1")}, optional={"input_ids": JUNK, "outputs": JUNK, "input": JUNK})


@given(config=JUNK | some.fixed_dictionaries({"flows": some.lists(FLOW)}, optional={"inputs": JUNK, "outputs": JUNK}))
def test_no_configuration_makes_it_stumble(config: Any) -> None:
    assert all(flow["flow_id"] and flow["input"]["type"] for flow in flows_of(config))
