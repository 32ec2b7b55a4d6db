"""`manage.py simulate --jobs`: virtual robots that really run flows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.models import Node
from flows.models import Execution, Robot, RunLine, Step
from tests.devices.conftest import until
from tests.devices.hub import serving
from tests.devices.test_simulate import Simulator, ended
from tests.flows.graphs import ADDING, FAILING, flow_of, waiting
from tests.flows.story import run_of


@pytest.fixture
def simulator(transactional_db: None, tmp_path: Path) -> Iterator[Simulator]:
    with serving() as hub:
        made = Simulator(hub, tmp_path / "var")
        yield made
        made.stop()


def are(status: str, count: int) -> None:
    until(lambda: Execution.objects.filter(status=status).count() == count, 30)


def test_virtual_robots_run_flows_with_steps_and_lines(simulator: Simulator) -> None:
    simulator.fleet(3, "--profile", "robot", "--jobs")
    flow = flow_of(ADDING)
    runs = [run_of(flow, {"given": number}) for number in range(12)]
    broken, slow = run_of(flow_of(FAILING, name="Broken", max_retries=0)), run_of(flow_of(waiting(0.3), name="Slow"))
    are("succeeded", 13)
    are("failed", 1)
    assert [Execution.objects.get(pk=pk).result["variables"]["n"] for pk in runs] == [n + 2.0 for n in range(12)]
    assert Step.objects.filter(execution=slow).count() == 3
    assert Execution.objects.get(pk=broken).error == "it broke"
    until(lambda: RunLine.objects.filter(message="n is 2.0").exists())
    assert set(Execution.objects.values_list("robot_key", flat=True)) <= set(Node.objects.values_list("key", flat=True))


def test_without_being_told_so_they_take_none_and_with_their_end_they_hand_back(simulator: Simulator) -> None:
    pk = run_of(flow_of(waiting(3600)))
    process = simulator.fleet(1, "--profile", "agent")
    assert not Robot.objects.exists()
    ended(process)
    process = simulator.fleet(1, "--profile", "agent", "--jobs")
    until(lambda: Execution.objects.filter(pk=pk, status="running").exists(), 20)
    ended(process)
    until(lambda: Execution.objects.filter(pk=pk, status="queued", retry_count=0).exists())
