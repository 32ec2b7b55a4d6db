"""`manage.py simulate`: virtual nodes that dial in like real ones, and go without a trace."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from devices.choices import CommandStatus, NodeStatus
from devices.models import Command, Connection, Node
from devices.services import nodes, simulated
from devices.services.simulated import Part
from rdos.kernel.models import JournalEntry
from rdos.up.programs import Program
from tests.devices.conftest import MakeNode, until
from tests.devices.fake_node import FakeNode
from tests.devices.hub import Hub
from tests.doors.running import own_database
from tests.people import Person

ROOT = Path(__file__).resolve().parents[2]
NODES = "/api/v1/nodes"
MIXED = ["sim-agent-001", "sim-edge-001", "sim-edge-002", "sim-relay-001", "sim-robot-001", "sim-robot-002"]


class Simulator:
    """The command in a process of its own, against the hub of this test."""

    def __init__(self, hub: Hub, directory: Path) -> None:
        self.environment = {**os.environ, "DATABASE_URL": own_database(), "RDOS_VAR_DIR": str(directory)}
        self.directory, self.hub = directory, hub
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", "simulate", "--url", self.hub.url, *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.processes.append(process)
        return process

    def fleet(self, count: int, *arguments: str) -> "subprocess.Popen[str]":
        """Started, and every node knows that it is in: a row says so a moment earlier."""
        process = self.start("--nodes", str(count), *arguments)
        assert process.stdout is not None
        said = ""
        while f"All {count} simulated nodes are online" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        return process

    def run(self, *arguments: str) -> str:
        """To its own end."""
        said, _ = self.start(*arguments).communicate(timeout=60)
        return said

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def simulator(hub: Hub, tmp_path: Path) -> Iterator[Simulator]:
    made = Simulator(hub, tmp_path / "var")
    yield made
    made.stop()


def all_online(count: int) -> list[Node]:
    found = Node.objects.filter(status=NodeStatus.ONLINE).order_by("key")
    until(lambda: found.count() == count, 30)
    return list(found)


def ended(process: "subprocess.Popen[str]") -> str:
    """In the time that a supervisor gives it."""
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=Program.stop_seconds)
    return said


Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(hub: Hub, admin: Person) -> Ask:
    """As a person asks the hub about a node, over HTTP; with an action, as they tell it something."""

    def ask(key: str, what: str, action: dict[str, Any] | None = None) -> tuple[int, Any]:
        url = f"{hub.url}{NODES}/{Node.objects.get(key=key).pk}/{what}"
        headers = {"Authorization": f"Bearer {admin.signed_in.access_token}", "Content-Type": "application/json"}
        body = json.dumps({"action": action}).encode() if action else None
        try:
            with urlopen(Request(url, body, headers | {"X-CSRF-Token": "any"}), timeout=15) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refusal:
            return refusal.code, json.load(refusal)

    return ask


def test_a_mixed_fleet_comes_online_and_is_labelled(simulator: Simulator) -> None:
    simulator.fleet(6)
    found = all_online(6)
    assert [node.key for node in found] == MIXED
    assert {node.labels["simulated"] for node in found} == {"true"}
    assert {node.device_type for node in found} == {"edge", "relay", "robot", "agent"}
    assert found[1].name == "Edge 1 (simulated)"
    health = until(lambda: Node.objects.get(key="sim-edge-001").last_health)
    assert health["status"] == "ok"
    assert health["total_flows"] == 2


def test_asked_to_stop_it_says_goodbye_for_each_node_before_it_is_killed(simulator: Simulator) -> None:
    process = simulator.fleet(3)
    all_online(3)
    said = ended(process)
    assert process.returncode == 0, said
    until(lambda: Connection.objects.filter(close_code=1000).count() == 3)


def test_a_second_run_uses_the_same_nodes_and_their_secrets(simulator: Simulator) -> None:
    first = simulator.fleet(2)
    before = {node.pk for node in all_online(2)}
    ended(first)
    until(lambda: not Node.objects.filter(status=NodeStatus.ONLINE).exists())
    simulator.fleet(2)
    assert {node.pk for node in all_online(2)} == before
    assert not JournalEntry.objects.filter(action="node.token").exists()
    assert (simulator.directory / "simulated.json").stat().st_mode & 0o777 == 0o600


def test_lost_secrets_are_replaced_by_new_tokens(simulator: Simulator) -> None:
    first = simulator.fleet(2)
    before = {node.pk for node in all_online(2)}
    ended(first)
    until(lambda: not Node.objects.filter(status=NodeStatus.ONLINE).exists())
    (simulator.directory / "simulated.json").unlink()
    simulator.fleet(2)
    assert {node.pk for node in all_online(2)} == before
    assert JournalEntry.objects.filter(action="node.token", actor_kind="system").count() == 2


def test_it_ends_by_itself_after_its_time(simulator: Simulator) -> None:
    said = simulator.run("--nodes", "1", "--seconds", "1")
    assert "1 simulated nodes dial ws://127.0.0.1" in said
    assert simulator.processes[0].returncode == 0


def test_two_simulators_do_not_share_a_state_directory(simulator: Simulator) -> None:
    simulator.fleet(1)
    all_online(1)
    assert "Another simulator already speaks" in simulator.run("--nodes", "1")


def test_what_an_edge_is_told_shows_in_its_configuration(simulator: Simulator, ask: Ask) -> None:
    simulator.fleet(1, "--profile", "edge")
    all_online(1)
    for action in (
        {"type": "stop_flow", "flow_id": "flow-1"},
        {"type": "create_flow", "flow": {"id": "flow-3", "name": "Third"}},
        {"type": "update_config", "config": {"site": "Bern"}},
    ):
        status, answer = ask("sim-edge-001", "command", action)
        assert (status, answer["success"]) == (200, True), answer
    _, config = ask("sim-edge-001", "config")
    assert config["site"] == "Bern"
    assert [flow["id"] for flow in config["flows"]] == ["flow-1", "flow-2", "flow-3"]


def test_what_a_virtual_node_does_not_know_it_refuses_as_real_ones_do(simulator: Simulator, ask: Ask) -> None:
    simulator.fleet(1, "--profile", "relay")
    all_online(1)
    status, answer = ask("sim-relay-001", "command", {"type": "make_coffee"})
    assert (status, answer["error_code"]) == (422, "unknown_action")
    _, answer = ask("sim-relay-001", "command", {"type": "list_edges"})
    assert answer["data"] == [{"edge_id": "sim-relay-001-ingress"}, {"edge_id": "sim-relay-001-egress"}]


def test_a_rotated_secret_is_kept_and_shown_next_time(simulator: Simulator, admin: Person) -> None:
    from devices.services import rotation

    first = simulator.fleet(1, "--profile", "robot")
    [node] = all_online(1)
    command = rotation.begin(actor=admin.actor, node=node, at=timezone.now())
    until(lambda: Command.objects.get(pk=command.pk).status == CommandStatus.ACKED)
    ended(first)
    until(lambda: not Node.objects.filter(status=NodeStatus.ONLINE).exists())
    simulator.fleet(1, "--profile", "robot")
    all_online(1)
    node.refresh_from_db()
    assert node.next_secret_digest == ""


def test_one_call_removes_the_simulated_nodes_and_leaves_the_real_one(
    simulator: Simulator, online: MakeNode, admin: Person
) -> None:
    online("Venue")
    process = simulator.fleet(3)
    all_online(4)
    assert admin.caller.delete(f"{NODES}/simulated").status_code == 204
    assert [node.name for node in Node.objects.all()] == ["Venue"]
    said, _ = process.communicate(timeout=10)
    assert "wants none of these nodes any more" in said
    assert JournalEntry.objects.filter(action="node.delete", actor_id=str(admin.id)).count() == 3


def test_whoever_sees_some_nodes_only_removes_those(
    transactional_db: None, admin: Person, make_person: Callable[..., Person]
) -> None:
    fleet = [Part(f"sim-edge-00{number}", f"Edge {number}", "edge") for number in (1, 2)]
    first, _ = simulated.enlist(fleet=fleet, known={}, at=timezone.now())
    User.objects.filter(pk=admin.id).update(allowed_node_ids=[str(first.node_id)])
    assert admin.caller.delete(f"{NODES}/simulated").status_code == 204
    assert [node.key for node in Node.objects.all()] == ["sim-edge-002"]


def test_the_holder_of_the_machine_removes_them_too(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    simulated.enlist(fleet=[Part("sim-edge-001", "Edge 1", "edge")], known={}, at=timezone.now())
    call_command("simulate", remove=True)
    assert "1 simulated nodes removed." in capsys.readouterr().out
    assert not Node.objects.exists()


def test_a_welcome_is_given_only_while_no_real_node_has_registered(
    simulator: Simulator, new_node: Callable[..., tuple[Node, FakeNode, str]]
) -> None:
    _, node, token = new_node()
    assert "simulated nodes dial" in simulator.run("--as-a-welcome", "--nodes", "1", "--seconds", "0.5")
    node.register(token)
    assert "needs no simulated nodes" in simulator.run("--as-a-welcome", "--nodes", "1")


def test_a_removed_fleet_is_not_welcomed_again_but_may_be_asked_for(simulator: Simulator) -> None:
    assert "1 simulated nodes dial" in simulator.run("--as-a-welcome", "--nodes", "1", "--seconds", "2")
    assert "1 simulated nodes removed" in simulator.run("--remove")
    assert "needs no simulated nodes" in simulator.run("--as-a-welcome", "--nodes", "1")
    assert "1 simulated nodes dial" in simulator.run("--nodes", "1", "--seconds", "0.5")


def test_a_real_node_of_that_key_is_left_alone(simulator: Simulator, admin: Person) -> None:
    row, _ = nodes.create(actor=admin.actor, name="Mine", key="sim-edge-001", at=timezone.now())
    assert "belongs to a node that is not simulated" in simulator.run("--nodes", "1", "--profile", "edge")
    assert Node.objects.get() == row


def test_a_fleet_in_which_much_goes_wrong_still_does_as_it_is_told(simulator: Simulator, admin: Person) -> None:
    simulator.fleet(12, "--faults", "--rate", "5", "--seed", "7")
    told = 0
    for _ in range(10):
        wish = {"action": {"type": "ping"}, "labels": {"simulated": "true"}, "ttl": 60}
        told += admin.caller.post("/api/v1/operations", wish).json()["total"]
    # A doubled answer settles nothing twice, and a lost connection loses nothing.
    answered = Command.objects.filter(status__in=("acked", "rejected"))
    until(lambda: answered.count() == told, 60)
    assert answered.filter(status="rejected", error="A simulated refusal").exists()


def test_the_same_seed_brings_the_same_mishaps() -> None:
    from devices.management.simulated.faults import Faults

    def story(seed: str) -> list[tuple[Any, ...]]:
        faults = Faults(seed)
        steps = range(5000)
        return [
            (faults.mishap(), faults.delay(), faults.refuses(), faults.doubles(), faults.condition()) for _ in steps
        ]

    first = story("7")
    assert first == story("7")
    assert first != story("8")
    assert {step[0] for step in first} == {"", "vanish", "leave"}
    assert {step[4] for step in first} == {"ok", "degraded", "error"}
    assert max(step[1] for step in first) > 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"nodes": 0}, "from 1 to 5000"),
        ({"nodes": 5001}, "from 1 to 5000"),
        ({"rate": 51.0}, "at most 50"),
        ({"url": "hub.example.org"}, "is no address of a hub"),
    ],
)
def test_nonsense_is_refused_in_words(db: None, tmp_path: Path, arguments: dict[str, Any], sentence: str) -> None:
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate", **arguments)


def test_a_keyring_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    from devices.management.simulated.keyring import keyring

    (tmp_path / "simulated.json").write_text(json.dumps({"sim-edge-001": ["no id", 7]}))
    with keyring(tmp_path) as ring:
        assert ring.known() == {}
