"""Flows to look at, with runs that robots work on, without doors between."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from flows.models import DeadLetter, Deployment, Execution, Flow, Robot, Rollout
from flows.outcomes import Outcome
from flows.reports import StepReport
from flows.services import claiming, deployments, flows, leases, queueing, rollouts, settling, steps
from flows.services.targets import Choice
from tests.devices import told
from tests.flows.deploying import obey
from tests.flows.rolling import answer
from tests.flows.story import robot_named
from tests.people import Person

FLOWS = "/console/flows/flow/"
EXECUTIONS = "/console/flows/execution/"
ROBOTS = "/console/flows/robot/"
DEAD_LETTERS = "/console/flows/deadletter/"
ROLLOUTS = "/console/flows/rollout/"
KINDS = {Rollout: ROLLOUTS, Flow: FLOWS, Execution: EXECUTIONS, Robot: ROBOTS, DeadLetter: DEAD_LETTERS}


def page_of(row: Any) -> str:
    return f"{KINDS[type(row)]}{row.pk}/change/"


def do(row: Any, verb: str) -> str:
    return page_of(row).replace("change/", f"do/{verb}/")


def graph(*names: str, **variables: Any) -> dict[str, Any]:
    """A chain from a start over these nodes."""
    ids = ["start", *names]
    nodes = {name: {"node_id": name, "node_type": "LogNode", "config": {"message": name}} for name in ids}
    nodes["start"]["node_type"] = "StartNode"
    links = [
        {"source_node": left, "source_port": "exec_out", "target_node": right, "target_port": "exec_in"}
        for left, right in pairwise(ids)
    ]
    return {"nodes": nodes, "connections": links, "variables": variables}


def flow_of(who: Person, name: str = "Invoices", *, status: str = "running", content: Any = None, **more: Any) -> Flow:
    content = graph("read", "check", "book") if content is None else content
    return flows.create(actor=who.actor, name=name, content=content, status=status, **more)


def edit(who: Person, flow: Flow, content: Any, message: str = "") -> Flow:
    return flows.update(actor=who.actor, pk=flow.pk, at=timezone.now(), fields={}, content=content, message=message)


def run_of(who: Person, flow: Flow, given: Any = None, **start: Any) -> Execution:
    return queueing.enqueue(flow=flow, start=queueing.Start(who=who.actor.who, **start), given=given, at=timezone.now())


def claimed_by(robot: Robot) -> Execution:
    """As a robot takes the next, and begins."""
    grant = claiming.claim(robot=robot, at=timezone.now())[0]
    leases.begin(pk=grant.execution_id, robot_key=robot.node.key, at=timezone.now())
    return Execution.objects.get(pk=grant.execution_id)


def goes_on(execution: Execution, progress: int, node: str, message: str = "") -> None:
    leases.note_progress(
        pk=execution.pk,
        robot_key=execution.robot_key,
        progress=progress,
        at=timezone.now(),
        current_node=node,
        message=message,
    )


def tells(execution: Execution, *told: StepReport) -> None:
    steps.keep(execution.pk, execution.fence, told)


def writes(execution: Execution, *messages: str, level: str = "info") -> None:
    steps.write_lines([steps.Line(execution.pk, timezone.now(), level, message, "read") for message in messages])


def ends(execution: Execution, error: str = "", result: Any = None) -> None:
    outcome = Outcome(execution.pk, execution.robot_key, not error, result=result, error=error, retryable=False)
    settling.settle([outcome], timezone.now())


def failed(who: Person, flow: Flow, robot: Robot, error: str = "The printer is out of paper") -> Execution:
    run_of(who, flow, {"order": 17})
    execution = claimed_by(robot)
    ends(execution, error)
    return execution


SHEET = {"flows": [{"id": "n1", "type": "inject", "wires": [["n2"]]}, {"id": "n2", "type": "debug", "wires": []}]}


def sheet_of(who: Person, name: str = "Greenhouse", **more: Any) -> Flow:
    """For nodes, to which it is deployed."""
    return flow_of(who, name, kind="nodered", content=SHEET, **more)


def rolled_out(who: Person) -> tuple[Flow, Rollout]:
    """To five nodes: one has another version than it says, one is away, one refused, and the rollout waits."""
    nodes = [told.node(f"vent-{number}", "robot", connected=number != 3) for number in range(5)]
    flow = sheet_of(who)
    deploy(who, flow, nodes[0])
    obey()
    edit(who, flow, {"flows": [*SHEET["flows"], {"id": "n3", "type": "debug", "wires": []}]}, "Listens to both ends")
    waves = ({"count": 2}, {"percent": 80}, {"percent": 100})
    plan = rollouts.Plan(
        choice=Choice(node_ids=[one.pk for one in nodes]), waves=waves, gate="manual", failure_threshold=50
    )
    rollout = rollouts.create(actor=who.actor, flow_id=flow.pk, plan=plan, at=timezone.now())
    answer(failing=["vent-1"])
    Deployment.objects.filter(node=nodes[0]).update(drift="different", drifted_at=timezone.now())
    return flow, Rollout.objects.get(pk=rollout.pk)


def deploy(who: Person, flow: Flow, *nodes: Any) -> None:
    choice = Choice(node_ids=[one.pk for one in nodes])
    deployments.deploy(actor=who.actor, pk=flow.pk, at=timezone.now(), choice=choice)


def everything(who: Person) -> dict[str, str]:
    """A row of every kind, as it looks in the middle of a day."""
    at = timezone.now()
    variables = {"order": 17, "express": False, "customer": "Maier", "lines": [{"item": "bolt"}], "api_key": "x"}
    content = graph("read", "check", "book", "print", **variables)
    nodes, links = content["nodes"], content["connections"]
    nodes["check"]["node_type"] = "IfNode"
    nodes["refuse"] = {"node_id": "refuse", "node_type": "LogNode", "config": {"message": "no"}}
    link = {"source_node": "check", "source_port": "exec_false", "target_node": "refuse", "target_port": "exec_in"}
    links.append(link)
    flow = flow_of(who, content=graph("read", "check", "old"), description="Books what comes in.", capabilities=["sap"])
    edit(who, flow, content, "Prints what was booked, and refuses what is wrong")
    flow.refresh_from_db()
    robot = robot_named("press-1", capabilities=["sap", "print"], environment="lan", heartbeat_at=at)
    lost = failed(who, flow, robot)
    busy = run_of(who, flow, {"order": 18})
    busy = claimed_by(robot)
    goes_on(busy, 40, "check", "Looking at line 3 of 7")
    tells(
        busy,
        StepReport("start", "completed", 1, "StartNode", started_at=at),
        StepReport("read", "completed", 320, "LogNode", {"lines": 7}, started_at=at + timedelta(milliseconds=4)),
        StepReport("check", "failed", 120, "IfNode", error="Line 2 has no price"),
        StepReport("check", "running", None, "IfNode"),
    )
    writes(busy, "Read the order", "Line 1 is fine")
    writes(busy, "Line 2 has no price", level="error")
    waits = run_of(who, flow, {"order": 19, "token": "Hidden-Word-9"}, environment="lan", priority=3)
    run_of(who, flow)
    old = Execution.objects.filter(pk=waits.pk)
    old.update(created_at=at - timedelta(minutes=9), ready_at=at - timedelta(minutes=9))
    letter = DeadLetter.objects.get(execution=lost)
    sheet, rollout = rolled_out(who)
    rows = {"flow": flow, "execution": busy, "waiting": waits, "robot": robot, "letter": letter, "lost": lost}
    rows |= {"sheet": sheet, "rollout": rollout}
    return {name: str(row.pk) for name, row in rows.items()}
