"""Work over REST: a robot claims it, keeps it, and says what became of it. The robot is the key's, never the body's."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.services import polled
from flows import doorbell
from flows.api.counting import CountedView
from flows.api.shapes import jobs as shapes
from flows.choices import ExecutionStatus
from flows.models import Robot
from flows.outcomes import Outcome
from flows.services import claiming, leases, robots, settling
from flows.services.claiming import Grant
from rdos.kernel.actors import Actor, ActorKind
from rdos.kernel.clock import database_now
from rdos.kernel.errors import Forbidden
from rdos.kernel.waiting import Wait

# Bells may be lost; this often the queue is asked instead.
RECHECK_SECONDS = 2.0


class NotARobot(Forbidden):
    """Only a robot's own key may do this."""

    code = "not_a_robot"


class RobotView(CountedView):
    """What the views share that a robot calls with its key."""

    @property
    def robot_key(self) -> str:
        return key_of(self.actor)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key_of(self.actor)


def key_of(actor: Actor) -> str:
    if actor.kind is not ActorKind.ROBOT:
        raise NotARobot
    return actor.id


class ClaimView(RobotView):
    rules = {"POST": "executions.work"}

    @extend_schema(request=shapes.ClaimRequest, responses=shapes.ClaimSerializer)
    def post(self, request: Request) -> Response | Wait:
        """Take work: one job, or null when there is none. With `wait` the answer comes when there is some."""
        asked, at = self.body(shapes.ClaimRequest), database_now()
        robot = self._robot(asked, at)
        found = self._take(robot, asked, at)
        if found or not asked["wait"]:
            return _told(found, asked)
        again = partial(self._look_again, robot, asked)
        return Wait(
            topics=[doorbell.QUEUE], deadline=asked["wait"], answer=again, in_turn=True, recheck=RECHECK_SECONDS
        )

    def _robot(self, asked: dict[str, Any], at: datetime) -> Robot:
        robot = robots.robot_of(key=self.robot_key, at=at, who=self.actor.who, address=self.actor.address)
        if asked.get("environment"):
            robots.move_to(robot, asked["environment"])
        return robot

    def _look_again(self, robot: Robot, asked: dict[str, Any], over: bool) -> Response | None:
        found = self._take(robot, asked, database_now())
        return _told(found, asked) if found or over else None

    def _take(self, robot: Robot, asked: dict[str, Any], at: datetime) -> list[Grant]:
        lease = timedelta(seconds=asked["visibility_timeout_seconds"])
        return claiming.claim(robot=robot, at=at, limit=asked["limit"] if asked["batch"] else 1, lease=lease)


def _told(found: list[Grant], asked: dict[str, Any]) -> Response:
    told = [shapes.claimed(grant) for grant in found]
    return Response(told if asked["batch"] else told[0] if told else None)


class ExtendLeaseView(RobotView):
    rules = {"POST": "executions.work"}

    @extend_schema(request=shapes.ExtendRequest, responses={200: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """Keep a job for longer."""
        asked = self.body(shapes.ExtendRequest)
        seconds, fence, at = asked["extension_seconds"], asked["fence"], database_now()
        leases.extend(pk=pk, robot_key=self.robot_key, seconds=seconds, at=at, fence=fence)
        # A robot in the midst of a long run may call for nothing else.
        polled.still_there(self.robot_key, at)
        return Response({"job_id": pk, "extended": True})


class SettlingView(RobotView):
    def settle(self, outcome: Outcome) -> settling.Settled:
        counted = settling.settle([outcome], database_now()).get(outcome.execution_id)
        if counted is None:
            leases.refuse(outcome.execution_id)
            raise AssertionError("A refusal was raised.")
        return counted


class CompleteView(SettlingView):
    rules = {"POST": "executions.work"}

    @extend_schema(request=shapes.CompleteRequest, responses={200: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """A job is done."""
        said = self.body(shapes.CompleteRequest)
        self.settle(Outcome(pk, self.robot_key, True, result=said["result"], fence=said["fence"]))
        return Response({"job_id": pk, "completed": True})


class FailView(SettlingView):
    rules = {"POST": "executions.work"}

    @extend_schema(request=shapes.FailRequest, responses={200: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """A job has failed. It is tried again after a pause, as long as it has retries left."""
        said = self.body(shapes.FailRequest)
        told = Outcome(
            pk,
            self.robot_key,
            False,
            result=said["result"],
            error=said["error_message"],
            error_type=said["error_type"],
            fence=said["fence"],
        )
        settled = self.settle(told)
        again = settled.status == ExecutionStatus.QUEUED
        return Response({"job_id": pk, "status": "pending" if again else "failed"})


class ReleaseView(RobotView):
    rules = {"POST": "executions.work"}

    @extend_schema(request=shapes.FencedRequest, responses={200: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """Hand a job back untouched."""
        fence = self.body(shapes.FencedRequest)["fence"]
        leases.release(pk=pk, robot_key=self.robot_key, at=database_now(), fence=fence)
        return Response({"job_id": pk, "released": True})


class ProgressView(RobotView):
    rules = {"PUT": "executions.work"}

    @extend_schema(request=shapes.ProgressRequest, responses=shapes.ProgressSerializer)
    def put(self, request: Request, pk: UUID) -> Response:
        """How far a job is."""
        said = self.body(shapes.ProgressRequest)
        node, message = said["current_node"] or "", said["message"] or ""
        leases.note_progress(
            pk=pk,
            robot_key=self.robot_key,
            progress=said["progress"],
            current_node=node,
            message=message,
            fence=said["fence"],
            at=database_now(),
        )
        return Response({"job_id": pk, "progress": said["progress"], "current_node": said["current_node"] or None})
