"""What the API document promises holds for whatever a client may think of: read from the code, thrown at the hub."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
from django.conf import settings as hub
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from redis import Redis
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import ApiToken
from devices.models import BusNode, Node, NodeGroup
from devices.services import operations
from flows.api.shapes.robots import KEY
from flows.models import DeadLetter
from flows.outcomes import Outcome
from flows.services import claiming, rollouts, settling
from rdos.wsgi import application
from scheduling.models import Calendar
from tests.api.routes import api_routes
from tests.devices import told
from tests.flows import deploying, story
from tests.people import PASSWORD, Person
from tests.scheduling import story as scheduling

# A 500 is promised nowhere, so it breaks the first of these; 502 and 504 say that a node did not answer.
PROMISES = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
api = schemathesis.openapi.from_dict(document)
api.app = application
bounded = settings(
    max_examples=12,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The hub gives its connection back after each request; here that would end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_document_is_openapi_3_1_and_covers_every_route() -> None:
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, operations in document["paths"].items()
        for method in operations
    }
    routes = {(method, as_described(path)) for method, path in api_routes()}
    assert {("POST", "auth/login-form"), ("GET", "schema")} == routes - described


def as_described(path: str) -> str:
    return re.sub(r"<\w+:(\w+)>", r"{\1}", path).replace("{pk}", "{id}")


@pytest.fixture
def targets(super_admin: Person, viewer: Person) -> dict[str, Any]:
    """What is really there, by the noun of the path."""
    super_admin.token()
    row = super_admin.user.api_tokens.get()
    node = told.node(connected=False)
    target = operations.Target(node_ids=[node.pk])
    operation = operations.create(
        actor=super_admin.actor, action={"type": "get_config"}, target=target, at=timezone.now()
    )
    return {
        "users": viewer.id,
        "tokens": row.pk,
        "logins": super_admin.signed_in.login.pk,
        "nodes": node.pk,
        "node-groups": NodeGroup.objects.create(name="Hall").pk,
        "operations": operation.pk,
        "flows": story.flow_that_runs().pk,
        "workflows": story.flow_that_runs().pk,
        "commands": operation.commands.get().pk,
        **on_nodes(super_admin),
        "devices": device_of_the_bus().pk,
        **in_the_queue(super_admin),
        **by_the_clock(super_admin),
    }


def device_of_the_bus() -> Node:
    node = Node.objects.create(key="esp32-a1b2c3", name="Rover", device_type="esp32", on_bus=True)
    BusNode.objects.create(node=node, kind="esp32")
    return node


def by_the_clock(who: Person) -> dict[str, Any]:
    schedule = scheduling.schedule_by(who)
    hook = scheduling.trigger_by(who, "webhook", flow=schedule.trigger.flow)
    calendar = Calendar.objects.create(name="Holidays", days=["12-25"])
    return {"schedules": schedule.pk, "triggers": hook.pk, "calendars": calendar.pk, "flows": schedule.trigger.flow_id}


def on_nodes(who: Person) -> dict[str, Any]:
    node, flow = told.node("arm", "robot"), deploying.flow_of()
    plan = rollouts.Plan(choice=rollouts.Choice(node_ids=[node.pk]))
    rollout = rollouts.create(actor=who.actor, flow_id=flow.pk, plan=plan, at=timezone.now())
    return {"rollouts": rollout.pk, "deployments": node.deployments.get().pk}


def in_the_queue(who: Person) -> dict[str, Any]:
    flow = story.flow_that_runs(max_retries=0)
    run, robot = story.run_of(flow, {"x": 1}), story.robot_named("bot")
    claiming.claim(robot=robot, at=timezone.now())
    settling.settle([Outcome(run, "bot", False, error="no")], timezone.now())
    who.robot_token("bot")
    return {
        "executions": run,
        "jobs": story.run_of(flow),
        "dlq": DeadLetter.objects.get().pk,
        "robot-api-keys": ApiToken.objects.get(kind="robot").pk,
    }


def aim(case: Any, targets: dict[str, Any]) -> None:
    """Chance alone never finds a real id, a good password or a name that exists; what is ill-formed stays so."""
    nouns = case.path.split("/")
    if "{id}" in nouns and is_uuid(case.path_parameters.get("id")):
        case.path_parameters["id"] = str(targets.get(nouns[nouns.index("{id}") - 1], uuid4()))
    if is_uuid(case.path_parameters.get("flow_id")):
        case.path_parameters["flow_id"] = str(targets["flows"])
    if KEY.fullmatch(str(case.path_parameters.get("robot_id"))):
        case.path_parameters["robot_id"] = "bot"
    # A command would wait for a bridge, and none runs here.
    if "devices" in nouns and nouns[-1] != "command" and KEY.fullmatch(str(case.path_parameters.get("key"))):
        case.path_parameters["key"] = "esp32-a1b2c3"
    if not isinstance(case.body, dict):
        return
    for name in ("flow_id", "workflow_id"):
        if is_uuid(case.body.get(name)):
            case.body[name] = str(targets["flows"])
    if isinstance(case.body.get("password"), str):
        case.body["password"] = PASSWORD
    if case.path.endswith("/login") and isinstance(case.body.get("username"), str):
        case.body["username"] = "sofia"


def is_uuid(text: Any) -> bool:
    try:
        return bool(UUID(str(text)))
    except ValueError:
        return False


@api.parametrize()
@bounded
def test_a_super_admin_is_answered_as_promised(case: Any, super_admin: Person, targets: dict[str, Any]) -> None:
    with Redis.from_url(hub.REDIS_URL) as redis:
        redis.flushdb()
    aim(case, targets)
    # A login of its own for each example: some of them sign out.
    token = Person(super_admin.user).signed_in.access_token
    # Unpacked, because nothing here unpacks it.
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers, checks=PROMISES)


@api.parametrize()
@bounded
def test_a_stranger_is_answered_as_promised(case: Any, db: None) -> None:
    for name in ("Authorization", "X-Api-Key", "Cookie"):
        case.headers.pop(name, None)
    case.call_and_validate(checks=PROMISES)
