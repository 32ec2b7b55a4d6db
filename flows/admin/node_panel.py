"""What flows show on the page of a node that takes work: how it stands as a robot, and its runs."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from accounts.access import allows
from flows import queries
from flows.access import executions_for, robots_for
from flows.admin.executions import UNSHOWN
from flows.admin.flow_facts import row
from flows.admin.places import list_of, robot_place
from flows.admin.tones import robot_badge
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Panel

MOST_RUNS = 8


def runs(actor: Actor, at: datetime, node_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "executions.read"):
        return
    robot = queries.with_word(robots_for(actor)).select_related("node").filter(pk=node_id).first()
    if robot is None:
        return
    newest = executions_for(actor).filter(robot_key=robot.node.key).exclude(robot_key="").defer(*UNSHOWN)
    facts = {
        "runs": [row(one, at) for one in newest.order_by("-created_at", "-id")[:MOST_RUNS]],
        "robot": robot,
        "badge": robot_badge(robot, at),
        "place": robot_place(robot.pk),
    }
    yield Panel("runs", "Its runs", "console/robots/panel.html", facts, list_of("execution", robot=robot.node.key))
