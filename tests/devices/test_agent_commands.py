"""What the agent can be told, and that it is done once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devices.agents import NODE, TOKEN, Visit, agent, connected, hub, mode_of


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def visit(state: Path) -> Iterator[Visit]:
    with connected(state) as (_, found):
        yield found


def test_a_ping_is_acknowledged_with_a_pong(visit: Visit) -> None:
    ack = visit.do("ping", command_id="p1")
    assert ack == {"command_id": "p1", "success": True, "error": None, "data": {"pong": True}}


def test_an_unknown_action_is_refused_by_name(visit: Visit) -> None:
    ack = visit.do("dance")
    assert (ack["success"], ack["error_code"]) == (False, "unknown_action")
    assert "dance" in ack["error"]


def test_the_config_follows_the_ack_of_its_question(visit: Visit) -> None:
    command_id = visit.tell("get_config")
    kinds = []
    while "config_response" not in kinds:
        frame = json.loads(visit.line.recv(10))
        kinds += [frame["type"]] if frame["type"] in ("command_ack", "config_response") else []

    assert kinds == ["command_ack", "config_response"]
    assert frame["payload"] == {"stats_interval_secs": 10, "health_interval_secs": 15}
    assert command_id


def config_of(visit: Visit) -> Any:
    visit.do("get_config")
    return visit.next("config_response")["payload"]


def test_a_config_is_merged_and_kept(visit: Visit, state: Path) -> None:
    visit.do("update_config", config={"labels": {"hall": "2", "line": "a"}, "other": {"kept": [1]}})
    ack = visit.do("update_config", config={"labels": {"line": None}, "stats_interval_secs": 30})

    assert ack["success"] is True
    expected = {"labels": {"hall": "2"}, "other": {"kept": [1]}, "stats_interval_secs": 30}
    assert config_of(visit) == {"health_interval_secs": 15, **expected}
    assert json.loads((state / "config.json").read_text()) == expected
    assert mode_of(state / "config.json") == 0o600


def test_secrets_in_a_config_stay_on_the_node_and_survive_being_sent_back(visit: Visit, state: Path) -> None:
    visit.do("update_config", config={"camera": {"password": "hunter2", "host": "10.0.0.7"}})
    shown = config_of(visit)
    assert shown["camera"] == {"host": "10.0.0.7"}

    visit.do("update_config", config=shown)
    assert json.loads((state / "config.json").read_text())["camera"]["password"] == "hunter2"


@pytest.mark.parametrize(
    "config",
    [
        None,
        ["stats_interval_secs"],
        {"stats_interval_secs": 0},
        {"stats_interval_secs": 3601},
        {"health_interval_secs": True},
        {"health_interval_secs": "5"},
        {"labels": ["hall"]},
        {"labels": {"hall": 2}},
        {"big": "x" * 110_000},
    ],
)
def test_a_wrong_config_is_refused_and_changes_nothing(visit: Visit, state: Path, config: Any) -> None:
    ack = visit.do("update_config", config=config)
    assert (ack["success"], ack["error_code"]) == (False, "validation_error")
    assert not (state / "config.json").exists()


def test_a_new_interval_counts_at_once(visit: Visit) -> None:
    visit.next("stats")
    visit.do("update_config", config={"stats_interval_secs": 1})
    visit.next("stats")
    visit.next("stats")


def test_a_rotated_secret_is_stored_before_it_is_acknowledged(state: Path) -> None:
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN):
        visit = there.visit().register()
        assert visit.do("rotate_secret", new_secret="fresh")["success"] is True
        assert json.loads((state / "identity.json").read_text())["node_secret"] == "fresh"
        assert mode_of(state / "identity.json") == 0o600
        assert "fresh" not in (state / "seen.jsonl").read_text()

        visit.hang_up()
        introduction = there.visit().introduction()
    assert (introduction["node_id"], introduction["node_secret"]) == (NODE, "fresh")


def test_a_secret_that_is_no_text_is_refused(visit: Visit) -> None:
    assert visit.do("rotate_secret", new_secret="")["error_code"] == "validation_error"


def test_a_repeated_id_gets_the_same_ack_and_is_not_done_again(visit: Visit, state: Path) -> None:
    first = visit.do("update_config", command_id="c1", config={"labels": {"hall": "1"}})
    visit.do("update_config", config={"labels": {"hall": "2"}})

    assert visit.do("update_config", command_id="c1", config={"labels": {"hall": "1"}}) == first
    assert config_of(visit)["labels"] == {"hall": "2"}


def test_a_refusal_is_remembered_too_also_after_a_new_start(state: Path) -> None:
    with hub() as there:
        with agent(state, "--hub", there.url, "--token", TOKEN) as running:
            first = there.visit().register().do("dance", command_id="c1")
            running.end()
        with agent(state):
            assert there.visit().accept().do("ping", command_id="c1") == first


def test_a_thousand_ids_are_remembered_and_a_torn_line_is_survived(state: Path) -> None:
    state.mkdir(mode=0o700)
    acks = [{"command_id": f"c{n}", "success": True, "error": None, "data": n} for n in range(1200)]
    lines = [json.dumps({"command_id": ack["command_id"], "ack": ack}) for ack in acks]
    (state / "seen.jsonl").write_text("\n".join(lines) + '\n{"command_id": "torn')
    with connected(state) as (_, visit):
        assert visit.do("dance", command_id="c200") == acks[200]
        assert visit.do("dance", command_id="c199")["error_code"] == "unknown_action"


def test_a_restart_is_acknowledged_and_comes_back_as_the_same_node(state: Path) -> None:
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN) as running:
        visit = there.visit().register()
        assert visit.do("restart", command_id="r1")["success"] is True
        assert visit.ended() == 1000
        again = there.visit().accept()
        # The same process, and the order is not obeyed a second time.
        assert again.do("restart", command_id="r1")["success"] is True
        assert again.do("ping")["success"] is True
        assert running.process.poll() is None
