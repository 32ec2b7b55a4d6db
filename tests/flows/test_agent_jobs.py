"""The reference agent takes jobs once its config allows it, runs them with what it carries, and tells how they went."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from devices.models import Node
from devices.services import agent_file, nodes
from flows.models import Deployment, Execution, Robot, RunLine, Step
from flows.services import executions
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.flows import deploying
from tests.flows.graphs import ADDING, FAILING, flow_of, waiting
from tests.flows.story import run_of
from tests.people import Person


@dataclass
class Desk:
    """One agent as a process of its own, registered at a hub."""

    hub: Hub
    person: Person
    row: Node
    process: subprocess.Popen[bytes]
    log: Path

    def configure(self, **jobs: Any) -> tuple[int, Any]:
        return self.tell({"type": "update_config", "config": {"jobs": jobs}})

    def tell(self, action: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.person.signed_in.access_token}"}
        url = f"{self.hub.url}/api/v1/nodes/{self.row.pk}/command"
        answer = httpx.post(url, json={"action": action}, headers=headers, timeout=20, trust_env=False)
        return answer.status_code, answer.json()

    def ready(self, **jobs: Any) -> "Desk":
        assert self.configure(enabled=True, **jobs)[0] == 200
        until(lambda: Robot.objects.filter(node=self.row, session_id__isnull=False).exists(), 20)
        return self


@pytest.fixture
def desk(hub: Hub, admin: Person, operator: Person, tmp_path: Path) -> Iterator[Desk]:
    row, token = nodes.create(actor=admin.actor, name="Desk", device_type="agent", at=timezone.now())
    file, log = tmp_path / "agent.pyz", tmp_path / "agent.log"
    file.write_bytes(agent_file.build())
    state = tmp_path / "state"
    command = [sys.executable, "-I", "-S", str(file), "--hub", hub.url, "--token", token, "--state", str(state)]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors)
    try:
        until(lambda: Node.objects.filter(pk=row.pk, status="online").exists(), 20)
        yield Desk(hub, operator, row, process, log)
    finally:
        process.terminate()
        process.wait(10)
        assert "Traceback" not in log.read_text()


def becomes(pk: Any, status: str) -> Execution:
    find: Callable[[], Execution | None] = lambda: Execution.objects.filter(pk=pk, status=status).first()  # noqa: E731
    found: Execution = until(find, 20)
    return found


def test_a_job_is_run_with_its_steps_and_lines(desk: Desk) -> None:
    pk = run_of(flow_of(ADDING), {"given": 5})
    desk.ready(max_concurrent=2, capabilities=["browser"])
    ended = becomes(pk, "succeeded")
    assert ended.robot_key == desk.row.key
    assert ended.result["variables"] == {"given": 5, "n": 7.0}
    steps = list(Step.objects.filter(execution=pk).order_by("id").values_list("node_id", "status"))
    assert steps == [(name, "completed") for name in ("begin", "set", "more", "say", "end")]
    until(lambda: RunLine.objects.filter(execution=pk, message="n is 7.0", source="say").exists())
    robot = Robot.objects.get(node=desk.row)
    assert (robot.max_concurrent, robot.capabilities) == (2, ["browser"])
    until(lambda: "cpu_percent" in Robot.objects.get(node=desk.row).metrics)


def test_nothing_is_taken_before_it_is_allowed_nor_after_it_is_forbidden(desk: Desk) -> None:
    flow = flow_of(ADDING)
    first = run_of(flow, {"given": 1})
    assert desk.tell({"type": "ping"})[0] == 200
    assert not Robot.objects.exists()
    desk.ready()
    becomes(first, "succeeded")
    assert desk.configure(enabled=False)[0] == 200
    until(lambda: Robot.objects.filter(session_id=None).exists(), 20)
    second = run_of(flow, {"given": 1})
    assert desk.tell({"type": "ping"})[0] == 200
    assert Execution.objects.get(pk=second).status == "queued"


def test_what_fails_says_where_and_why(desk: Desk) -> None:
    pk = run_of(flow_of(FAILING, max_retries=0))
    desk.ready()
    failed = becomes(pk, "failed")
    assert (failed.error, failed.error_type, failed.result["failed_node"]) == ("it broke", "Error", "throw")
    assert list(Step.objects.order_by("id").values_list("node_id", "status")) == [
        ("begin", "completed"),
        ("throw", "failed"),
    ]


def test_a_cancel_stops_it_and_its_place_is_free(desk: Desk) -> None:
    pk = run_of(flow_of(waiting(3600)))
    desk.ready(max_concurrent=1)
    becomes(pk, "running")
    executions.end_by_hand(pk=pk, at=timezone.now(), reason="by hand")
    following = run_of(flow_of(ADDING, name="Next"), {"given": 1})
    becomes(following, "succeeded")
    assert Execution.objects.get(pk=pk).status == "cancelled"


def test_an_agent_that_ends_hands_back_what_it_did_not_finish(desk: Desk) -> None:
    pk = run_of(flow_of(waiting(3600)))
    desk.ready()
    becomes(pk, "running")
    desk.process.terminate()
    desk.process.wait(10)
    until(lambda: Robot.objects.filter(node=desk.row, session_id=None).exists(), 20)
    assert Execution.objects.get(pk=pk).lease_until is not None or Execution.objects.get(pk=pk).status == "queued"


@pytest.mark.parametrize(
    "jobs",
    [
        {"enabled": "yes"},
        {"max_concurrent": 0},
        {"max_concurrent": True},
        {"environment": ""},
        {"capabilities": "browser"},
        {"capabilities": [7]},
        {"strange": 1},
    ],
    ids=json.dumps,
)
def test_a_config_of_jobs_that_makes_no_sense_is_refused(desk: Desk, jobs: dict[str, Any]) -> None:
    status, answer = desk.configure(**jobs)
    assert status == 422 and "jobs" in json.dumps(answer)


def test_a_flow_that_it_lost_while_it_was_away_is_drift_when_it_is_back(desk: Desk, developer: Person) -> None:
    flow = deploying.flow_of()
    deploying.deploy(developer, flow, node_ids=[str(desk.row.pk)])
    until(lambda: Deployment.objects.filter(status="deployed", drift="").exists(), 20)
    (desk.log.parent / "state" / "flows" / f"{flow.pk}.json").unlink()
    desk.tell({"type": "restart"})
    until(lambda: Deployment.objects.filter(status="deployed", drift="missing").exists(), 20)
