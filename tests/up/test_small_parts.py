import socket
from pathlib import Path

import pytest

from rdos.environment import Environment
from rdos.up import options, ports
from rdos.up.backoff import Backoff
from rdos.up.console import box
from rdos.up.problems import CannotStart


def test_pauses_double_up_to_half_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.pause_after(1) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_life_starts_the_pauses_anew() -> None:
    backoff = Backoff()
    backoff.pause_after(1)
    backoff.pause_after(1)
    assert backoff.pause_after(61) == 0.5
    assert backoff.pause_after(1) == 1


def test_a_taken_port_is_named_by_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} \(MQTT_PORT\) is already taken"):
            ports.refuse_taken("127.0.0.1", {"NATS_PORT": ports.free(), "MQTT_PORT": port})


def test_a_free_port_is_none_that_is_given_to_whoever_dials() -> None:
    """Which Linux chooses from 32768 on."""
    with socket.create_server(("127.0.0.1", ports.free())) as server:
        assert server.getsockname()[1] < 32_768


def test_two_variables_cannot_share_a_port() -> None:
    with pytest.raises(CannotStart, match="NATS_PORT and MQTT_PORT must be different"):
        ports.refuse_taken("127.0.0.1", {"NATS_PORT": 4222, "MQTT_PORT": 4222})


def test_the_command_line_wins_over_the_environment() -> None:
    wanted = options.read(["--port", "9000"], Environment({"PORT": "8001", "HOST": "127.0.0.2"}))
    assert (wanted.host, wanted.port, wanted.nats_port) == ("127.0.0.2", 9000, 4222)


def test_a_fresh_hub_has_a_few_virtual_nodes_unless_told_otherwise() -> None:
    assert options.read([], Environment({})).simulate == 6
    assert options.read([], Environment({"RDOS_SIMULATE": "0"})).simulate == 0
    assert options.read(["--no-simulate"], Environment({"RDOS_SIMULATE": "40"})).simulate == 0


def test_lan_opens_the_hub_and_its_bus() -> None:
    wanted = options.read(["--lan"], Environment({}))
    assert (wanted.host, wanted.bus_host, wanted.reached_at) == ("0.0.0.0", "0.0.0.0", "127.0.0.1")


def test_without_lan_nothing_listens_beyond_this_machine() -> None:
    wanted = options.read([], Environment({}))
    assert (wanted.host, wanted.bus_host, wanted.address) == ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8000")


def test_a_port_that_is_no_number_is_said_in_words() -> None:
    with pytest.raises(CannotStart, match="PORT must be a whole number"):
        options.read([], Environment({"PORT": "eighty"}))


def test_the_state_directory_may_be_relative() -> None:
    assert options.read([], Environment({"RDOS_VAR_DIR": "here"})).directory == Path.cwd() / "here"


def test_the_box_is_as_wide_as_its_longest_line() -> None:
    lines = box(["a", "longer"]).strip().splitlines()
    assert {len(line) for line in lines} == {10}
