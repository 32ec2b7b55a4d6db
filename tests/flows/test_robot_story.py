"""A real robot's day, call by call, as Casare's own robots make them (contract 3.7)."""

import time
from typing import Any

import pytest

from flows.models import Execution, Robot
from tests.flows.story import flow_that_runs, run_of
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
OCTETS = "application/octet-stream"


class RealRobot:
    """Sends its key twice, as `X-Api-Key` and as a bearer that is no JWT, and empty bodies as octets."""

    def __init__(self, key: str, raw: str, prefix: str = "") -> None:
        self.key, self.base = key, f"{prefix}/api/v1"
        self.caller = Caller(headers={"x-api-key": raw, "authorization": f"Bearer {raw}"})

    def get(self, path: str) -> Any:
        return self.caller.get(f"{self.base}/{path}")

    def put(self, path: str, **body: Any) -> Any:
        return self.caller.put(f"{self.base}/{path}", body)

    def post(self, path: str, **body: Any) -> Any:
        return self.caller.post(f"{self.base}/{path}", body)

    def post_nothing(self, path: str) -> Any:
        return self.caller.post(f"{self.base}/{path}", b"", content_type=OCTETS)

    def claim(self, **more: Any) -> Any:
        asked = {"environment": "default", "limit": 1, "visibility_timeout_seconds": 30}
        response = self.post("jobs/claim", **asked | more)
        assert response.status_code == 200
        return response.json()


@pytest.fixture(params=["", "/casare"])
def robot(request: pytest.FixtureRequest, admin: Person) -> RealRobot:
    return RealRobot("bot-7", admin.robot_token("bot-7"), request.param)


def test_its_day(robot: RealRobot, operator: Person) -> None:
    assert robot.caller.get("/health").status_code == 200
    # It asks whether it is known; only a 404 makes it register.
    probe = robot.get("metrics/robots/bot-7")
    assert (probe.status_code, probe.json()["detail"]) == (404, "Robot bot-7 not found")
    registered = robot.post(
        "robots/register",
        robot_id="bot-7",
        name="Desk robot",
        hostname="DESK-7",
        capabilities=["browser"],
        environment="default",
        max_concurrent_jobs=2,
        tags=["office"],
    )
    assert registered.status_code == 200
    assert registered.json() | {"node_id": "", "last_seen": "", "last_heartbeat": "", "created_at": ""} == {
        "robot_id": "bot-7",
        "node_id": "",
        "name": "Desk robot",
        "hostname": "DESK-7",
        "status": "idle",
        "environment": "default",
        "max_concurrent_jobs": 2,
        "capabilities": ["browser"],
        "tags": ["office"],
        "current_job_ids": [],
        "last_seen": "",
        "last_heartbeat": "",
        "created_at": "",
        "metrics": {},
    }
    assert robot.get("metrics/robots/bot-7").status_code == 200
    assert robot.put("robots/bot-7/status", status="idle").json()["status"] == "idle"
    beat = robot.post(
        "robots/bot-7/heartbeat", cpu_percent=3.5, memory_percent=40.0, current_job_count=0, max_concurrent_jobs=2
    )
    assert beat.json()["ok"] is True and beat.json()["timestamp"].endswith("Z")
    # Nothing to do is null, at once.
    assert robot.claim() is None
    run = run_of(flow_that_runs(environment="lan"), {"x": 1})
    job = robot.claim()
    assert (job["job_id"], job["workflow_name"], job["variables"]) == (str(run), "Invoices", {"x": 1})
    assert isinstance(job["workflow_json"], str) and job["created_at"].endswith("Z") and job["claimed_at"]
    assert robot.put("robots/bot-7/status", status="busy").json()["current_job_ids"] == [str(run)]
    assert robot.get("metrics/robots/bot-7").json()["current_job_id"] == str(run)
    assert robot.post(f"jobs/{run}/extend-lease", extension_seconds=30).json() == {
        "job_id": str(run),
        "extended": True,
    }
    assert robot.put(f"jobs/{run}/progress", progress=50, current_node="n2").json() == {
        "job_id": str(run),
        "progress": 50,
        "current_node": "n2",
    }
    done = robot.post(f"jobs/{run}/complete", result={"executed_nodes": 4, "duration_ms": 120, "recovered": False})
    assert done.json() == {"job_id": str(run), "completed": True}
    assert robot.put("robots/bot-7/status", status="idle").json()["status"] == "idle"
    figures = robot.get("metrics/robots/bot-7").json()
    assert (figures["jobs_completed_today"], figures["cpu_percent"], figures["current_job_id"]) == (1, 3.5, None)
    assert robot.put("robots/bot-7/status", status="offline").json()["status"] == "offline"
    listed = operator.caller.get("/api/v1/robots").json()
    assert (listed["total"], listed["robots"][0]["status"]) == (1, "offline")


def test_a_failure_is_tried_again_and_then_final(robot: RealRobot) -> None:
    run = run_of(flow_that_runs(max_retries=1))
    robot.claim()
    assert robot.post(f"jobs/{run}/fail", error_message="it broke").json() == {"job_id": str(run), "status": "pending"}
    Execution.objects.update(ready_at=Execution.objects.get().created_at)
    robot.claim()
    answer = robot.post(f"jobs/{run}/fail", error_message="TimeoutError: again")
    assert answer.json() == {"job_id": str(run), "status": "failed"}
    row = Execution.objects.get()
    assert (row.error_type, row.retry_count, row.completed_at is not None) == ("TimeoutError", 1, True)


def test_released_without_a_body_it_is_there_for_the_next(robot: RealRobot) -> None:
    run = run_of(flow_that_runs())
    robot.claim()
    assert robot.post_nothing(f"jobs/{run}/release").json() == {"job_id": str(run), "released": True}
    assert robot.claim()["job_id"] == str(run)


def test_a_cancelled_job_is_heard_of_with_the_next_call(robot: RealRobot, operator: Person) -> None:
    run = run_of(flow_that_runs())
    robot.claim()
    operator.caller.post(f"/api/v1/jobs/{run}/cancel", b"", content_type=OCTETS)
    for path, body in (("extend-lease", {}), ("complete", {"result": {}}), ("fail", {"error_message": "x"})):
        answer = robot.post(f"jobs/{run}/{path}", **body)
        assert (answer.status_code, "detail" in answer.json()) == (409, True)
    assert robot.put(f"jobs/{run}/progress", progress=1).status_code == 404
    assert Execution.objects.get().status == "cancelled"


def test_what_nobody_knows_is_404(robot: RealRobot) -> None:
    pk = "3f0c2a1e-7b1d-4c4e-9d2a-aabbccddeeff"
    for path, body in (("extend-lease", {}), ("complete", {}), ("fail", {"error_message": "x"}), ("release", {})):
        answer = robot.post(f"jobs/{pk}/{path}", **body)
        assert (answer.status_code, answer.json()["detail"]) == (404, f"Job {pk} not found")
    assert robot.put(f"jobs/{pk}/progress", progress=1).status_code == 404


def test_a_heartbeat_with_nothing_in_it_is_one_and_makes_a_robot_known(robot: RealRobot) -> None:
    assert robot.post_nothing("robots/bot-7/heartbeat").json()["ok"] is True
    assert Robot.objects.get().node.name == "bot-7"


def test_another_robots_job_is_not_its_own(robot: RealRobot, admin: Person) -> None:
    run = run_of(flow_that_runs())
    other = RealRobot("bot-8", admin.robot_token("bot-8"))
    robot.claim()
    assert other.claim() is None
    answers = [
        other.post(f"jobs/{run}/extend-lease"),
        other.post(f"jobs/{run}/complete", result={}),
        other.post(f"jobs/{run}/release"),
        other.put(f"jobs/{run}/progress", progress=4),
    ]
    assert [answer.status_code for answer in answers] == [409] * 4
    assert robot.post(f"jobs/{run}/complete", result={}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("jobs/claim", {"environment": "x" * 65}, "environment"),
        ("jobs/claim", {"limit": 0}, "limit"),
        ("jobs/claim", {"visibility_timeout_seconds": 4}, "visibility_timeout_seconds"),
        ("jobs/claim", {"visibility_timeout_seconds": 3601}, "visibility_timeout_seconds"),
        ("jobs/claim", {"wait": 31}, "wait"),
        ("jobs/claim", {"wait": "soon"}, "wait"),
        ("robots/register", {"robot_id": "bot-7", "name": "a"}, "hostname"),
        ("robots/register", {"robot_id": "bot 7", "name": "a", "hostname": "b"}, "robot_id"),
        ("robots/register", {"robot_id": "bot-7", "name": "a", "hostname": "b", "max_concurrent_jobs": 101}, "max"),
        ("robots/register", {"robot_id": "bot-7", "name": "a", "hostname": "b", "capabilities": "all"}, "capabilities"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(robot: RealRobot, path: str, body: dict[str, Any], field: str) -> None:
    answer = robot.post(path, **body)
    assert answer.status_code == 400
    assert field in str(answer.json())


def test_calls_are_counted_by_key_and_not_by_address(robot: RealRobot, admin: Person, settings: Any) -> None:
    settings.ROBOT_CALLS_PER_MINUTE = 3
    other = RealRobot("bot-8", admin.robot_token("bot-8"))
    assert [robot.post("jobs/claim").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = robot.get("metrics/robots/bot-7")
    assert refused.json()["error"] == "Rate limit exceeded" and refused.json()["retry_after"] > 0
    assert other.post("jobs/claim").status_code == 200


def test_every_answer_says_how_many_calls_are_left(robot: RealRobot, settings: Any) -> None:
    settings.ROBOT_CALLS_PER_MINUTE = 4
    began = time.time()
    calls = [robot.post("jobs/claim"), robot.post("jobs/claim", limit=0), robot.post("robots/bot-7/heartbeat")]
    calls += [robot.get("metrics/robots/bot-7"), robot.post("jobs/claim")]
    assert [answer.status_code for answer in calls] == [200, 400, 200, 200, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in calls] == ["3", "2", "1", "0", "0"]
    assert {answer["X-RateLimit-Limit"] for answer in calls} == {"4"}
    (reset,) = {int(answer["X-RateLimit-Reset"]) for answer in calls}
    assert began + 59 < reset < time.time() + 61


def test_it_speaks_for_itself_only(robot: RealRobot, admin: Person) -> None:
    RealRobot("bot-8", admin.robot_token("bot-8")).post("robots/bot-8/heartbeat")
    answers = [
        robot.post("robots/register", robot_id="bot-8", name="a", hostname="b"),
        robot.post("robots/bot-8/heartbeat"),
        robot.put("robots/bot-8/status", status="offline"),
        robot.put("robots/bot-8", name="mine"),
        robot.get("robots/bot-8"),
        robot.get("metrics/robots/bot-8"),
        robot.caller.delete("/api/v1/robots/bot-7"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 7
    robot.post("robots/bot-7/heartbeat")
    assert [row["robot_id"] for row in robot.get("robots").json()["robots"]] == ["bot-7"]
