"""Robots: they register and say how they are; people look at them, change them, and tell them to pause or go on."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import queries
from flows.access import robot_for, robots_for
from flows.api.counting import CountedView
from flows.api.shapes import robots as shapes
from flows.models import Robot
from flows.services import robot_orders, robots
from rdos.kernel.clock import database_now


class RobotView(CountedView):
    """What the views of one robot share."""

    def shown(self, robot: Robot) -> Response:
        row = queries.with_word(Robot.objects.filter(pk=robot.pk)).values(*shapes.COLUMNS).get()
        return Response(shapes.robot_row(row, queries.held_by([robot.pk]).get(robot.pk, [])))


class RobotsView(CountedView):
    rules = {"GET": "robots.read"}
    per_minute = {"GET": 100}

    @extend_schema(operation_id="robots_list", parameters=[shapes.RobotQuery], responses=shapes.RobotsSerializer)
    def get(self, request: Request) -> Response:
        """List robots, by name."""
        query = self.query(shapes.RobotQuery)
        found = queries.with_word(robots_for(self.actor)).order_by("node__name", "node_id")
        if query["status"]:
            found = found.filter(word=shapes.WORDS.get(query["status"], "none"))
        if query["environment"]:
            found = found.filter(environment=query["environment"])
        rows = list(found.values(*shapes.COLUMNS)[query["offset"] : query["offset"] + query["limit"]])
        held = queries.held_by(row["node_id"] for row in rows)
        told = [shapes.robot_row(row, held.get(row["node_id"], [])) for row in rows]
        return Response({"robots": told, "total": found.count()})


class RegisterView(RobotView):
    rules = {"POST": "robots.report"}
    per_minute = {"POST": 30}

    @extend_schema(request=shapes.RegisterRequest, responses=shapes.RobotSerializer)
    def post(self, request: Request) -> Response:
        """A robot says who it is and what it can. Again is the same: what is said last counts."""
        sent = self.body(shapes.RegisterRequest)
        key = sent.pop("robot_id")
        return self.shown(robots.register(actor=self.actor, key=key, fields=_fields(sent), at=database_now()))


class OneRobotView(RobotView):
    rules = {"GET": "robots.read", "PUT": "robots.report", "DELETE": "robots.update"}
    per_minute = {"GET": 200, "PUT": 60, "DELETE": 30}

    @extend_schema(responses=shapes.RobotSerializer)
    def get(self, request: Request, robot_id: str) -> Response:
        """Show a robot."""
        return self.shown(robot_for(self.actor, shapes.insist_key(robot_id)))

    @extend_schema(request=shapes.RobotFields, responses=shapes.RobotSerializer)
    def put(self, request: Request, robot_id: str) -> Response:
        """Change what is sent; leave the rest. Of people this needs an admin."""
        key, sent = shapes.insist_key(robot_id), _fields(self.body(shapes.RobotFields))
        return self.shown(robots.update(actor=self.actor, key=key, fields=sent))

    @extend_schema(responses={200: shapes.RobotDeletedSerializer})
    def delete(self, request: Request, robot_id: str) -> Response:
        """Remove a robot: its jobs go back to the queue, and its keys are revoked."""
        robots.delete(actor=self.actor, key=shapes.insist_key(robot_id), at=database_now())
        return Response({"deleted": True, "robot_id": robot_id})


class StatusView(RobotView):
    rules = {"PUT": "robots.report"}
    per_minute = {"PUT": 120}

    @extend_schema(request=shapes.StatusRequest, responses=shapes.RobotSerializer)
    def put(self, request: Request, robot_id: str) -> Response:
        """How a robot is. Of the robot itself it counts as a heartbeat; `offline` hands its jobs back."""
        key, word = shapes.insist_key(robot_id), self.body(shapes.StatusRequest)["status"]
        at = database_now()
        return self.shown(robots.report_status(actor=self.actor, key=key, status=shapes.WORDS[word], at=at))


class HeartbeatView(RobotView):
    rules = {"POST": "robots.report"}
    per_minute = {"POST": 600}

    @extend_schema(request={"application/json": {"type": "object"}}, responses=shapes.HeartbeatSerializer)
    def post(self, request: Request, robot_id: str) -> Response:
        """A robot is there, and says how its machine is."""
        said, at = self.request.data, database_now()
        metrics = said if isinstance(said, dict) else {}
        robots.heartbeat(actor=self.actor, key=shapes.insist_key(robot_id), metrics=metrics, at=at)
        return Response({"ok": True, "timestamp": at})


class OrderView(RobotView):
    """What the views share that tell a robot something."""

    rules = {"POST": "robots.operate"}
    per_minute = {"POST": 60}

    def told(self, robot_id: str, order: Callable[..., Robot], **more: Any) -> Response:
        return self.shown(order(actor=self.actor, key=shapes.insist_key(robot_id), at=database_now(), **more))


class PauseView(OrderView):
    @extend_schema(request=None, responses=shapes.RobotSerializer)
    def post(self, request: Request, robot_id: str) -> Response:
        """A robot finishes what it has and is given nothing new."""
        return self.told(robot_id, robot_orders.pause)


class ResumeView(OrderView):
    @extend_schema(request=None, responses=shapes.RobotSerializer)
    def post(self, request: Request, robot_id: str) -> Response:
        """A robot is given work again."""
        return self.told(robot_id, robot_orders.resume)


class StartView(OrderView):
    @extend_schema(request=None, responses=shapes.RobotSerializer)
    def post(self, request: Request, robot_id: str) -> Response:
        """The same as resume."""
        return self.told(robot_id, robot_orders.resume)


class RestartView(OrderView):
    @extend_schema(request=None, responses=shapes.RobotSerializer)
    def post(self, request: Request, robot_id: str) -> Response:
        """Tell a robot to restart: as a command if it is a connected node, else by a graceful shutdown on its socket.

        One that is offline, or only calls in, cannot be told: 409.
        """
        return self.told(robot_id, robot_orders.restart)


class StopView(OrderView):
    @extend_schema(request=shapes.StopRequest, responses=shapes.RobotSerializer)
    def post(self, request: Request, robot_id: str) -> Response:
        """Give a robot nothing new; by force its jobs go back to the queue at once."""
        return self.told(robot_id, robot_orders.stop, force=self.body(shapes.StopRequest)["force"])


class RobotLogsView(RobotView):
    rules = {"GET": "robots.read"}

    @extend_schema(parameters=[shapes.RobotLogQuery], responses=shapes.RobotLogsSerializer)
    def get(self, request: Request, robot_id: str) -> Response:
        """What its latest jobs wrote, oldest first."""
        robot, query = robot_for(self.actor, shapes.insist_key(robot_id)), self.query(shapes.RobotLogQuery)
        lines = queries.lines_of_robot(robot.node.key, query["since"], query["limit"])
        return Response({"logs": [shapes.line_row(line) for line in lines]})


class RobotFiguresView(RobotView):
    """Also where a real robot looks whether it is known."""

    rules = {"GET": "robots.read"}
    per_minute = {"GET": 200}

    @extend_schema(responses=shapes.RobotFiguresSerializer)
    def get(self, request: Request, robot_id: str) -> Response:
        """How a robot's machine is, and what it has done today."""
        robot = robot_for(self.actor, shapes.insist_key(robot_id))
        row = queries.with_word(Robot.objects.filter(pk=robot.pk)).values(*shapes.COLUMNS).get()
        day = queries.day_of(robot.node.key, database_now())
        return Response(shapes.figures(row, queries.held_by([robot.pk]).get(robot.pk, []), day))


def _fields(sent: dict[str, Any]) -> dict[str, Any]:
    """By our names, without what is null."""
    named = {"max_concurrent_jobs": "max_concurrent"}
    return {named.get(name, name): value for name, value in sent.items() if value is not None}
