"""Who may knock where: every route and method of the API against every kind of caller.

A route that is missing here fails the suite, so that nobody adds a door without saying who may enter.
"""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from pytest_django import Settings

from tests.api.routes import address_of, api_routes
from tests.people import Caller, Person, bearer

# In this order: i = let in (whatever is said to them then), 1 = 401, 3 = 403.
CALLERS = ("anonymous", "viewer", "operator", "developer", "admin", "super_admin", "robot", "reader", "lan")
EVERYBODY = "iiiiiiiii"
KNOWN = "1iiiiiiii"
PEOPLE = "1iiiii3i3"
IN_PERSON = "1iiiii333"
OWN = "1iiiii333"
OPERATORS_READ = "13iiii3i3"
OPERATORS = "13iiii333"
DEVICES_READ = "1iiiii3ii"
DEVICES = "13iiii33i"
DEVELOPERS = "133iii333"
ADMINS = "1333ii333"
ADMINS_READ = "1333ii3i3"
ROBOTS = "133333i33"
# What a robot says of itself, or a person for it.
REPORTS = "13iiiii33"
# The same, where it is said of another robot.
REPORTS_OF_OTHERS = "13iiii333"

MATRIX: dict[tuple[str, str], str] = {
    ("POST", "auth/login"): EVERYBODY,
    ("POST", "auth/login-form"): EVERYBODY,
    ("POST", "auth/refresh"): EVERYBODY,
    ("POST", "auth/logout"): KNOWN,
    ("GET", "auth/me"): KNOWN,
    ("POST", "auth/password"): IN_PERSON,
    ("GET", "auth/second-factor"): PEOPLE,
    ("POST", "auth/second-factor"): IN_PERSON,
    ("PUT", "auth/second-factor"): IN_PERSON,
    ("DELETE", "auth/second-factor"): IN_PERSON,
    ("GET", "auth/logins"): PEOPLE,
    ("DELETE", "auth/logins/<uuid:pk>"): IN_PERSON,
    ("GET", "me"): PEOPLE,
    ("GET", "users"): ADMINS_READ,
    ("POST", "users"): ADMINS,
    ("GET", "users/<uuid:pk>"): PEOPLE,
    ("PUT", "users/<uuid:pk>"): ADMINS,
    ("PATCH", "users/<uuid:pk>"): ADMINS,
    ("DELETE", "users/<uuid:pk>"): ADMINS,
    ("GET", "tokens"): PEOPLE,
    ("POST", "tokens"): IN_PERSON,
    ("GET", "tokens/<uuid:pk>"): PEOPLE,
    ("DELETE", "tokens/<uuid:pk>"): IN_PERSON,
    ("GET", "device-types"): PEOPLE,
    ("GET", "devices"): DEVICES_READ,
    ("POST", "devices"): DEVICES,
    ("GET", "devices/<str:key>"): DEVICES_READ,
    ("PATCH", "devices/<str:key>"): DEVICES,
    ("POST", "devices/<str:key>/claim"): DEVICES,
    ("POST", "devices/<str:key>/command"): DEVICES,
    ("POST", "devices/<str:key>/stop"): DEVICES,
    ("POST", "motion/stop"): DEVICES,
    ("GET", "node-groups"): PEOPLE,
    ("POST", "node-groups"): ADMINS,
    ("GET", "node-groups/<uuid:pk>"): PEOPLE,
    ("PUT", "node-groups/<uuid:pk>"): ADMINS,
    ("PATCH", "node-groups/<uuid:pk>"): ADMINS,
    ("DELETE", "node-groups/<uuid:pk>"): ADMINS,
    ("GET", "node-groups/<uuid:pk>/nodes"): PEOPLE,
    ("PUT", "node-groups/<uuid:pk>/nodes"): ADMINS,
    ("GET", "nodes"): PEOPLE,
    ("POST", "nodes"): ADMINS,
    ("GET", "nodes/<uuid:pk>"): PEOPLE,
    ("PUT", "nodes/<uuid:pk>"): ADMINS,
    ("PATCH", "nodes/<uuid:pk>"): ADMINS,
    ("DELETE", "nodes/<uuid:pk>"): ADMINS,
    ("POST", "nodes/<uuid:pk>/bus-credential"): ADMINS,
    ("DELETE", "nodes/<uuid:pk>/bus-credential"): ADMINS,
    ("GET", "nodes/<uuid:pk>/connections"): PEOPLE,
    ("POST", "nodes/<uuid:pk>/maintenance"): OPERATORS,
    ("DELETE", "nodes/<uuid:pk>/maintenance"): OPERATORS,
    ("GET", "nodes/<uuid:pk>/node-red"): PEOPLE,
    ("PATCH", "nodes/<uuid:pk>/node-red"): ADMINS,
    ("POST", "nodes/<uuid:pk>/token"): ADMINS,
    ("GET", "nodes/endpoints"): PEOPLE,
    ("GET", "preferences/<str:key>"): PEOPLE,
    ("PUT", "preferences/<str:key>"): OWN,
    ("DELETE", "preferences/<str:key>"): OWN,
    ("GET", "topology/positions"): PEOPLE,
    ("PUT", "topology/positions"): OWN,
    ("DELETE", "topology/positions"): OWN,
    ("DELETE", "nodes/simulated"): ADMINS,
    ("GET", "nodes/<uuid:pk>/tunnels"): OPERATORS_READ,
    ("GET", "tunnels"): OPERATORS_READ,
    ("POST", "tunnels"): ADMINS,
    ("GET", "tunnels/<uuid:pk>"): OPERATORS_READ,
    ("PUT", "tunnels/<uuid:pk>"): ADMINS,
    ("DELETE", "tunnels/<uuid:pk>"): ADMINS,
    ("GET", "commands"): PEOPLE,
    ("GET", "commands/<uuid:pk>"): PEOPLE,
    ("POST", "commands/<uuid:pk>/cancel"): OPERATORS,
    ("POST", "nodes/<uuid:pk>/command"): OPERATORS,
    ("GET", "nodes/<uuid:pk>/commands"): PEOPLE,
    ("GET", "nodes/<uuid:pk>/config"): PEOPLE,
    ("PUT", "nodes/<uuid:pk>/config"): OPERATORS,
    ("POST", "nodes/<uuid:pk>/flows"): OPERATORS,
    ("DELETE", "nodes/<uuid:pk>/flows/<str:flow_id>"): OPERATORS,
    ("GET", "nodes/<uuid:pk>/twin"): PEOPLE,
    ("PUT", "nodes/<uuid:pk>/twin"): OPERATORS,
    ("POST", "nodes/<uuid:pk>/twin/adopt"): OPERATORS,
    ("POST", "nodes/<uuid:pk>/twin/heal"): OPERATORS,
    ("GET", "nodes/<uuid:pk>/twin/versions"): PEOPLE,
    ("GET", "nodes/<uuid:pk>/twin/versions/<str:side>/<int:number>"): PEOPLE,
    ("GET", "operations"): PEOPLE,
    ("POST", "operations"): OPERATORS,
    ("GET", "operations/<uuid:pk>"): PEOPLE,
    ("POST", "operations/<uuid:pk>/cancel"): OPERATORS,
    ("GET", "operations/<uuid:pk>/commands"): PEOPLE,
    ("POST", "operations/<uuid:pk>/retry"): OPERATORS,
    ("GET", "events"): PEOPLE,
    ("GET", "events/count"): PEOPLE,
    ("POST", "events/ack"): OPERATORS,
    ("POST", "events/<int:pk>/ack"): OPERATORS,
    ("GET", "nodes/<uuid:pk>/values"): PEOPLE,
    ("GET", "nodes/<uuid:pk>/samples"): PEOPLE,
    ("GET", "nodes/<uuid:pk>/logs"): PEOPLE,
    ("POST", "firings/<uuid:pk>/redeliver"): OPERATORS,
    ("GET", "flows"): PEOPLE,
    ("POST", "flows"): DEVELOPERS,
    ("GET", "flows/export"): PEOPLE,
    ("POST", "flows/import"): DEVELOPERS,
    ("GET", "flows/<uuid:pk>/export"): PEOPLE,
    ("GET", "flows/<str:pk>"): PEOPLE,
    ("PATCH", "flows/<str:pk>"): DEVELOPERS,
    ("DELETE", "flows/<str:pk>"): DEVELOPERS,
    ("POST", "flows/<str:pk>/start"): OPERATORS,
    ("POST", "flows/<str:pk>/stop"): OPERATORS,
    ("GET", "flows/<uuid:pk>/versions"): PEOPLE,
    ("GET", "flows/<uuid:pk>/versions/<int:number>"): PEOPLE,
    ("POST", "flows/<uuid:pk>/versions/<int:number>/restore"): DEVELOPERS,
    ("GET", "flows/<uuid:pk>/versions/diff"): PEOPLE,
    ("GET", "workflows"): PEOPLE,
    ("POST", "workflows"): DEVELOPERS,
    ("POST", "workflows/upload"): DEVELOPERS,
    ("GET", "workflows/<str:pk>"): PEOPLE,
    ("DELETE", "workflows/<str:pk>"): DEVELOPERS,
    ("GET", "executions"): PEOPLE,
    ("POST", "executions"): OPERATORS,
    ("GET", "executions/<uuid:pk>"): PEOPLE,
    ("PATCH", "executions/<uuid:pk>"): OPERATORS,
    ("POST", "executions/<uuid:pk>/cancel"): OPERATORS,
    ("GET", "executions/<uuid:pk>/lines"): PEOPLE,
    ("POST", "executions/<uuid:pk>/retry"): OPERATORS,
    ("GET", "executions/<uuid:pk>/steps"): PEOPLE,
    ("GET", "executions/<uuid:pk>/why"): PEOPLE,
    ("GET", "jobs"): PEOPLE,
    ("POST", "jobs/<uuid:pk>/cancel"): OPERATORS,
    ("POST", "jobs/<uuid:pk>/retry"): OPERATORS,
    ("POST", "jobs/claim"): ROBOTS,
    ("POST", "jobs/<uuid:pk>/complete"): ROBOTS,
    ("POST", "jobs/<uuid:pk>/extend-lease"): ROBOTS,
    ("POST", "jobs/<uuid:pk>/fail"): ROBOTS,
    ("POST", "jobs/<uuid:pk>/release"): ROBOTS,
    ("PUT", "jobs/<uuid:pk>/progress"): ROBOTS,
    ("GET", "metrics/robots/<str:robot_id>"): PEOPLE,
    ("GET", "robots"): "1iiiiiii3",
    ("POST", "robots/register"): REPORTS,
    ("GET", "robots/<str:robot_id>"): PEOPLE,
    ("PUT", "robots/<str:robot_id>"): ADMINS,
    ("DELETE", "robots/<str:robot_id>"): ADMINS,
    ("POST", "robots/<str:robot_id>/heartbeat"): REPORTS_OF_OTHERS,
    ("GET", "robots/<str:robot_id>/logs"): PEOPLE,
    ("GET", "robots/<str:robot_id>/metrics"): PEOPLE,
    ("PUT", "robots/<str:robot_id>/status"): REPORTS,
    ("POST", "robots/<str:robot_id>/pause"): OPERATORS,
    ("POST", "robots/<str:robot_id>/restart"): OPERATORS,
    ("POST", "robots/<str:robot_id>/resume"): OPERATORS,
    ("POST", "robots/<str:robot_id>/start"): OPERATORS,
    ("POST", "robots/<str:robot_id>/stop"): OPERATORS,
    ("GET", "deployments"): PEOPLE,
    ("GET", "deployments/<uuid:pk>"): PEOPLE,
    ("POST", "deployments/<uuid:pk>/retry"): DEVELOPERS,
    ("GET", "flows/<uuid:pk>/convergence"): PEOPLE,
    ("POST", "flows/<str:pk>/deploy"): DEVELOPERS,
    ("POST", "flows/<uuid:pk>/rollback"): DEVELOPERS,
    ("POST", "flows/<str:pk>/undeploy"): DEVELOPERS,
    ("DELETE", "flows/<str:pk>/undeploy"): DEVELOPERS,
    ("GET", "nodes/<uuid:pk>/deployments"): PEOPLE,
    ("GET", "dlq"): PEOPLE,
    ("GET", "dlq/<uuid:pk>"): PEOPLE,
    ("DELETE", "dlq/<uuid:pk>"): ADMINS,
    ("POST", "dlq/<uuid:pk>/retry"): OPERATORS,
    ("POST", "dlq/purge"): ADMINS,
    ("POST", "dlq/retry"): OPERATORS,
    ("GET", "dlq/stats"): PEOPLE,
    ("GET", "robot-api-keys"): ADMINS_READ,
    ("POST", "robot-api-keys"): ADMINS,
    ("GET", "robot-api-keys/<uuid:pk>"): ADMINS_READ,
    ("DELETE", "robot-api-keys/<uuid:pk>"): ADMINS,
    ("POST", "robot-api-keys/<uuid:pk>/revoke"): ADMINS,
    ("POST", "robot-api-keys/<uuid:pk>/rotate"): ADMINS,
    ("GET", "flows/<str:flow_id>/executions"): PEOPLE,
    ("GET", "flows/<str:flow_id>/executions/<str:pk>"): PEOPLE,
    ("POST", "flows/<str:flow_id>/executions/run"): OPERATORS,
    ("GET", "flows/<str:flow_id>/executions/stats"): PEOPLE,
    ("GET", "flows/<str:flow_id>/triggers"): PEOPLE,
    ("POST", "flows/<str:flow_id>/triggers"): DEVELOPERS,
    ("GET", "flows/<str:flow_id>/triggers/<str:pk>"): PEOPLE,
    ("PATCH", "flows/<str:flow_id>/triggers/<str:pk>"): OPERATORS,
    ("DELETE", "flows/<str:flow_id>/triggers/<str:pk>"): DEVELOPERS,
    ("POST", "flows/<str:flow_id>/triggers/<str:pk>/disable"): OPERATORS,
    ("POST", "flows/<str:flow_id>/triggers/<str:pk>/enable"): OPERATORS,
    ("POST", "flows/<str:flow_id>/triggers/<str:pk>/fire"): OPERATORS,
    ("GET", "flows/<str:flow_id>/triggers/<str:pk>/firings"): PEOPLE,
    ("POST", "flows/<str:flow_id>/triggers/<str:pk>/regenerate-token"): DEVELOPERS,
    ("GET", "calendars"): PEOPLE,
    ("POST", "calendars"): DEVELOPERS,
    ("GET", "calendars/<uuid:pk>"): PEOPLE,
    ("PATCH", "calendars/<uuid:pk>"): DEVELOPERS,
    ("DELETE", "calendars/<uuid:pk>"): DEVELOPERS,
    ("GET", "firings"): PEOPLE,
    ("GET", "schedules"): PEOPLE,
    ("POST", "schedules"): DEVELOPERS,
    ("POST", "schedules/preview"): PEOPLE,
    ("GET", "schedules/upcoming"): PEOPLE,
    ("GET", "schedules/<str:pk>"): PEOPLE,
    ("PUT", "schedules/<str:pk>"): OPERATORS,
    ("PATCH", "schedules/<str:pk>"): OPERATORS,
    ("DELETE", "schedules/<str:pk>"): DEVELOPERS,
    ("POST", "schedules/<str:pk>/backfill"): DEVELOPERS,
    ("PUT", "schedules/<str:pk>/disable"): OPERATORS,
    ("POST", "schedules/<str:pk>/disable"): OPERATORS,
    ("PUT", "schedules/<str:pk>/enable"): OPERATORS,
    ("POST", "schedules/<str:pk>/enable"): OPERATORS,
    ("GET", "schedules/<str:pk>/firings"): PEOPLE,
    ("GET", "schedules/<str:pk>/preview"): PEOPLE,
    ("PUT", "schedules/<str:pk>/run"): OPERATORS,
    ("POST", "schedules/<str:pk>/run"): OPERATORS,
    ("PUT", "schedules/<str:pk>/run-now"): OPERATORS,
    ("POST", "schedules/<str:pk>/run-now"): OPERATORS,
    ("PUT", "schedules/<str:pk>/trigger"): OPERATORS,
    ("POST", "schedules/<str:pk>/trigger"): OPERATORS,
    ("GET", "rollouts"): PEOPLE,
    ("POST", "rollouts"): DEVELOPERS,
    ("GET", "rollouts/<uuid:pk>"): PEOPLE,
    ("POST", "rollouts/<uuid:pk>/abort"): DEVELOPERS,
    ("GET", "rollouts/<uuid:pk>/nodes"): PEOPLE,
    ("POST", "rollouts/<uuid:pk>/pause"): DEVELOPERS,
    ("POST", "rollouts/<uuid:pk>/proceed"): DEVELOPERS,
    ("POST", "rollouts/<uuid:pk>/resume"): DEVELOPERS,
    ("GET", "system/info"): "1iiiii3ii",
    ("GET", "system/health"): "1iiiii3ii",
    ("GET", "system/logs"): "1333ii33i",
    ("POST", "system/backup"): ADMINS,
    ("GET", "schema"): EVERYBODY,
}
TAFY_FLOWS = {
    ("GET", "flows"),
    ("POST", "flows"),
    ("GET", "flows/<str:pk>"),
    ("PATCH", "flows/<str:pk>"),
    # It is told that this does not exist there.
    ("DELETE", "flows/<str:pk>"),
    ("POST", "flows/<str:pk>/deploy"),
    ("POST", "flows/<str:pk>/undeploy"),
    ("DELETE", "flows/<str:pk>/undeploy"),
}
LAN_ADDRESS, ELSEWHERE = "192.168.7.7", "203.0.113.77"


@pytest.fixture
def callers(
    viewer: Person, operator: Person, developer: Person, admin: Person, super_admin: Person, settings: Settings
) -> Iterator[dict[str, Caller]]:
    settings.OPEN_LAN = [ip_network("192.168.0.0/16")]
    people = {
        "viewer": viewer,
        "operator": operator,
        "developer": developer,
        "admin": admin,
        "super_admin": super_admin,
    }
    yield {name: person.caller for name, person in people.items()} | {
        "anonymous": Caller(),
        "robot": bearer(admin.robot_token("arm-7")),
        "reader": bearer(admin.token("read")),
        "lan": Caller(),
    }


def test_every_route_says_who_may_enter() -> None:
    assert set(MATRIX) == set(api_routes())


def test_every_row_names_every_caller() -> None:
    assert {len(row) for row in MATRIX.values()} == {len(CALLERS)}


def outcome(status: int) -> str:
    return {401: "1", 403: "3"}.get(status, "i")


@pytest.mark.parametrize(("method", "path"), sorted(MATRIX), ids=lambda part: part)
def test_callers_are_let_in_as_declared(callers: dict[str, Caller], method: str, path: str) -> None:
    address = address_of(path)
    answers = {}
    # Logging out ends a login, so everybody knocks once.
    for name in CALLERS:
        origin = LAN_ADDRESS if name == "lan" else ELSEWHERE
        answers[name] = callers[name].generic(method, address, "{}", "application/json", REMOTE_ADDR=origin).status_code
    assert all(status < 500 and status != 405 for status in answers.values()), answers
    assert "".join(outcome(status) for status in answers.values()) == MATRIX[method, path], answers


@pytest.mark.parametrize(("method", "path"), sorted(MATRIX), ids=lambda part: part)
def test_the_lan_reaches_no_more_through_any_accent(callers: dict[str, Caller], method: str, path: str) -> None:
    """Tafy's flows are the one resource that is another one there than at the root."""
    of_the_lan = {(verb, one) for verb, one in MATRIX if MATRIX[verb, one][-1] == "i"} | TAFY_FLOWS
    for accent in ("tafy", "casare", "bloxserver"):
        response = callers["lan"].generic(
            method, f"/{accent}{address_of(path)}", "{}", "application/json", REMOTE_ADDR=LAN_ADDRESS
        )
        is_open = (method, path) in of_the_lan - (set() if accent == "tafy" else TAFY_FLOWS)
        assert (outcome(response.status_code) == "i") == is_open, response.content


@pytest.mark.parametrize(("method", "path"), sorted(MATRIX), ids=lambda part: part)
def test_every_accent_keeps_the_same_doors_shut(callers: dict[str, Caller], method: str, path: str) -> None:
    if MATRIX[method, path] == EVERYBODY:
        return
    address = address_of(path)
    for accent in ("casare", "bilbycast", "tafy", "bloxserver", "nodetool"):
        response = callers["anonymous"].generic(
            method, f"/{accent}{address}", "{}", "application/json", REMOTE_ADDR=ELSEWHERE
        )
        assert response.status_code == 401
