"""Drivers: which there are, what each can be told, and how their reports are read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from accounts.choices import Role
from devices import drivers
from devices.drivers.shapes import ROLES
from devices.drivers.soundness import admit
from rdos.kernel.errors import InvalidInput

BUILT_IN = ["edge", "relay", "gateway", "robot", "agent", "esp32", "generic"]
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KNOWN_KEYS = some.sampled_from(
    ["flows", "tunnels", "state", "input", "stats", "bitrate_bps", "bitrate_in_bps", "uptime_secs", "status",
     "cpu_percent", "temperature_celsius", "gateway_target", "reachable", "target_address", "reason"]
)  # fmt: skip
REPORT = some.dictionaries(KNOWN_KEYS, JSON | some.lists(some.dictionaries(KNOWN_KEYS, JSON, max_size=4), max_size=3))


def names_of(device_type: str) -> list[str]:
    return [listed["name"] for listed in drivers.get(device_type).supported_commands()]


def figures(device_type: str, report: Any) -> dict[str, float]:
    return dict(drivers.get(device_type).metrics(report))


def refusal(device_type: str, name: str, **arguments: Any) -> dict[str, Any]:
    spec = drivers.get(device_type).command(name)
    assert spec is not None
    with pytest.raises(InvalidInput) as refused:
        drivers.check_arguments(spec, {"type": name, **arguments})
    assert refused.value.misshapen
    return dict(refused.value.errors or {})


def accepted(device_type: str, name: str, **arguments: Any) -> bool:
    spec = drivers.get(device_type).command(name)
    assert spec is not None
    drivers.check_arguments(spec, {"type": name, **arguments})
    return True


# Which there are


def test_the_built_in_drivers_come_in_their_order() -> None:
    assert [driver.device_type for driver in drivers.all_drivers()] == BUILT_IN


def test_every_built_in_driver_is_as_sound_as_one_from_outside_must_be() -> None:
    for driver in drivers.all_drivers():
        admit(driver, source="the hub")


def test_an_unknown_type_is_refused_by_name_and_told_the_known_ones() -> None:
    assert not drivers.known("toaster")
    with pytest.raises(drivers.UnknownDeviceType) as refused:
        drivers.get("toaster")
    assert refused.value.errors == {"device_type": [f"This must be one of: {', '.join(BUILT_IN)}."]}


def test_the_roles_are_those_of_accounts() -> None:
    assert list(ROLES) == [role.value for role in Role]


# What each can be told


def test_an_edge_offers_the_ten_commands_of_its_clients_to_operators() -> None:
    assert names_of("edge") == [
        "get_config", "update_config", "create_flow", "update_flow", "delete_flow",
        "start_flow", "stop_flow", "restart_flow", "add_output", "remove_output",
    ]  # fmt: skip
    assert {listed["requires_role"] for listed in drivers.get("edge").supported_commands()} == {"operator"}


def test_a_relay_offers_questions_to_operators_and_power_to_admins() -> None:
    roles = {listed["name"]: listed["requires_role"] for listed in drivers.get("relay").supported_commands()}
    assert roles == {
        "get_config": "operator", "list_tunnels": "operator", "list_edges": "operator",
        "disconnect_edge": "admin", "close_tunnel": "admin", "authorize_tunnel": "admin", "revoke_tunnel": "admin",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["create_tunnel", "delete_tunnel", "rotate_secret", "upgrade_binary"])
def test_what_an_edge_understands_but_does_not_list_is_for_admins(name: str) -> None:
    spec = drivers.get("edge").command(name)
    assert spec is not None
    assert spec.requires_role == "admin"
    assert name not in names_of("edge")


def test_a_command_nobody_declared_is_unknown_rather_than_refused() -> None:
    assert drivers.get("generic").command("dance") is None


def test_motion_never_waits_for_an_offline_node() -> None:
    motion = [("robot", "stop"), ("esp32", "move"), ("esp32", "stop")]
    specs = [drivers.get(device_type).command(name) for device_type, name in motion]
    assert [spec.waits for spec in specs if spec] == [False, False, False]


def test_a_listed_command_carries_what_a_form_needs() -> None:
    listed = drivers.get("agent").supported_commands()[3]
    assert listed["name"] == "run"
    assert set(listed["arguments"]["properties"]) == {"script", "arguments", "timeout"}


# Arguments


def test_a_missing_argument_is_refused_by_name() -> None:
    assert refusal("edge", "update_flow", flow_id="f1") == {"flow": ["This field is required."]}


def test_an_argument_of_the_wrong_kind_is_refused_by_name() -> None:
    assert refusal("edge", "delete_flow", flow_id=7) == {"flow_id": ["This must be a string."]}


def test_every_wrong_argument_is_told_at_once() -> None:
    assert refusal("agent", "run", script="../evil", arguments=["a", 1], timeout=0) == {
        "script": ["This must match ^[A-Za-z0-9._-]{1,128}$."],
        "arguments.1": ["This must be a string."],
        "timeout": ["This must be at least 1."],
    }


def test_a_tunnel_id_must_be_a_uuid() -> None:
    assert refusal("relay", "close_tunnel", tunnel_id="7") == {"tunnel_id": ["This must be a valid uuid."]}
    assert accepted("relay", "close_tunnel", tunnel_id="3f2b6c1e-8a54-4d0f-9b7a-5c1d2e3f4a5b")


def test_a_refusal_never_repeats_the_value() -> None:
    spec = drivers.get("edge").command("rotate_secret")
    assert spec is not None
    with pytest.raises(InvalidInput) as refused:
        drivers.check_arguments(spec, {"type": "rotate_secret", "new_secret": "hunter22" * 40})
    assert "hunter22" not in f"{refused.value.detail}{refused.value.errors}"


def test_keys_a_newer_node_may_know_are_let_through() -> None:
    assert accepted("edge", "start_flow", flow_id="f1", gently=True)


def test_a_move_may_carry_its_speeds_itself_or_in_data() -> None:
    assert accepted("esp32", "move", linear=0.5, angular=0.0)
    assert accepted("esp32", "move", data={"linear": 0.5, "angular": 0.0})


def test_a_move_without_its_speeds_or_too_fast_is_refused() -> None:
    assert refusal("esp32", "move") == {
        "linear": ["This field is required."],
        "angular": ["This field is required."],
    }
    assert refusal("esp32", "move", data={"linear": 11}) == {
        "data.linear": ["This must be at most 10."],
        "data.angular": ["This field is required."],
    }


# Figures


def edge_report() -> dict[str, Any]:
    flow = {"flow_id": "f1", "state": "Running", "input": {"bitrate_bps": 5_000_000}}
    idle = {"flow_id": "f2", "state": "Idle", "input": {"bitrate_bps": 0}}
    tunnel = {"id": "t1", "state": "ready", "stats": {"bitrate_in_bps": 100, "bitrate_out_bps": 300}}
    return {"flows": [flow, idle], "tunnels": [tunnel, {"id": "t2", "state": "connecting"}], "uptime_secs": 12}


def test_an_edge_is_measured_by_its_flows_and_tunnels_in_the_agreed_order() -> None:
    assert drivers.get("edge").metrics(edge_report()) == [
        ("active_flows", 1), ("total_flows", 2), ("active_tunnels", 1), ("total_tunnels", 2),
        ("total_bitrate_bps", 5_000_300), ("uptime_secs", 12),
    ]  # fmt: skip


def test_an_edges_items_are_its_flows_then_its_tunnels() -> None:
    items = drivers.get("edge").items(edge_report())
    assert [item.get("flow_id") or item["id"] for item in items] == ["f1", "f2", "t1", "t2"]


def test_an_edge_that_lists_no_flows_is_taken_at_its_word() -> None:
    assert figures("edge", {"active_flows": 3, "total_flows": 4})["active_flows"] == 3


def test_a_relay_that_says_nothing_measures_nothing() -> None:
    found = drivers.get("relay").metrics({})
    assert [name for name, _ in found] == [
        "active_tunnels", "total_tunnels", "connected_edges", "total_bytes_ingress", "total_bytes_egress",
        "total_bytes_forwarded", "total_bandwidth_bps", "total_tcp_streams", "active_tcp_streams",
        "total_udp_datagrams", "peak_tunnels", "peak_edges", "connections_total", "uptime_secs",
    ]  # fmt: skip
    assert {value for _, value in found} == {0.0}


def test_a_relays_items_are_its_tunnels() -> None:
    assert drivers.get("relay").items({"tunnels": [{"tunnel_id": "t"}, 7], "edges": [{}]}) == [{"tunnel_id": "t"}]


def test_a_machine_without_a_thermometer_has_no_temperature() -> None:
    assert list(figures("agent", {})) == ["cpu_percent", "memory_percent", "disk_percent", "load_1m", "uptime_secs"]
    assert figures("agent", {"temperature_celsius": 0})["temperature_celsius"] == 0


def test_a_robot_with_a_battery_tells_its_charge() -> None:
    assert figures("robot", {"battery_percent": 80, "cpu_percent": 5.5})["battery_percent"] == 80
    assert "battery_percent" not in figures("robot", {"battery_percent": "full"})


def test_a_gateway_is_measured_by_every_number_it_sends() -> None:
    report = {"slots": 4, "name": "rack", "locked": True, "nested": {"deep": 1}, "load": 0.5}
    assert drivers.get("gateway").metrics(report) == [("slots", 4), ("load", 0.5)]


def test_a_flood_of_numbers_is_cut_and_unspeakable_names_are_left_out() -> None:
    assert len(drivers.get("generic").metrics({f"n{place}": place for place in range(100)})) == 32
    assert figures("generic", {"a\x00b": 1, "": 2, "x" * 65: 3, "\ud800": 4, "x" * 64: 5}) == {"x" * 64: 5}


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (True, 0), ("7", 0), (None, 0), ([1], 0),
        (float("nan"), 0), (float("inf"), 0), (float("-inf"), 0),
        (10**400, 1e308), (-(10**400), -1e308), (1.7e308, 1e308),
        (-3, -3), (2.5, 2.5),
    ],
)  # fmt: skip
def test_only_a_number_is_a_number(told: object, meant: float) -> None:
    assert figures("relay", {"uptime_secs": told})["uptime_secs"] == meant


def test_a_sum_of_huge_bitrates_stays_a_number() -> None:
    flow = {"input": {"bitrate_bps": 1e308}}
    assert figures("edge", {"flows": [flow, flow, flow]})["total_bitrate_bps"] == 1e308


@given(report=REPORT | JSON)
def test_no_junk_a_node_may_send_makes_a_driver_stumble(report: Any) -> None:
    for driver in drivers.all_drivers():
        assert all(isinstance(value, float) and abs(value) <= 1e308 for _, value in driver.metrics(report))
        assert all(isinstance(item, dict) for item in driver.items(report))
        assert driver.health(report).state in {"online", "degraded", "error"}


# Health


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ok", "online"), ("healthy", "online"), ("singing", "online"), (None, "online"),
        ("warning", "degraded"), ("Degraded", "degraded"),
        ("error", "error"), ("CRITICAL", "error"), ("failed", "error"),
    ],
)  # fmt: skip
def test_a_nodes_word_decides_its_state(word: str | None, state: str) -> None:
    assert drivers.get("edge").health({"status": word}).state == state


def test_the_reason_is_the_nodes_own_or_at_least_its_word() -> None:
    health = drivers.get("agent").health
    assert health({"status": "warning", "reason": "The disk is\x00 full."}).reason == "The disk is full."
    assert health({"status": "warning"}).reason == "The node reports warning."
    assert health({"status": "ok", "reason": "all fine"}).reason == ""


def test_a_gateway_that_cannot_reach_its_target_is_degraded() -> None:
    report = {"status": "ok", "gateway_target": {"reachable": False, "target_address": "192.0.2.7:80"}}
    found = drivers.get("gateway").health(report)
    assert (found.state, found.reason) == ("degraded", "Cannot reach 192.0.2.7:80.")
