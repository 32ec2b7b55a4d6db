"""Robots as people see them: listed, changed, set aside, removed; and how they come to be offline."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiToken
from devices.models import Node
from flows.models import Execution, Robot, RunLine
from flows.services import claiming, leases, robots
from rdos.kernel.clock import database_now
from rdos.kernel.models import JournalEntry
from tests.devices import told
from tests.flows.story import flow_that_runs, robot_named, run_of
from tests.people import Caller, MakePerson, Person, bearer

pytestmark = pytest.mark.django_db
ROBOTS = "/api/v1/robots"


def status_of(who: Person, key: str = "bot") -> str:
    return str(who.caller.get(f"{ROBOTS}/{key}").json()["status"])


def names(who: Person, query: str = "") -> list[str]:
    return [row["robot_id"] for row in who.caller.get(f"{ROBOTS}?{query}").json()["robots"]]


def taken(key: str = "bot", **lease: Any) -> Execution:
    """A run in this robot's hands."""
    run = run_of(flow_that_runs())
    claiming.claim(robot=Robot.objects.get(node__key=key), at=database_now(), **lease)
    return Execution.objects.get(pk=run)


def test_they_are_listed_by_name_with_what_they_do(viewer: Person) -> None:
    robot_named("zeta"), robot_named("alpha", environment="lan")
    run = taken("zeta")
    body = viewer.caller.get(ROBOTS).json()
    assert [row["robot_id"] for row in body["robots"]] == ["alpha", "zeta"]
    assert (body["total"], body["robots"][1]["current_job_ids"]) == (2, [str(run.pk)])
    assert [row["status"] for row in body["robots"]] == ["idle", "busy"]
    assert names(viewer, "status=busy") == ["zeta"] and names(viewer, "status=online") == ["alpha"]
    assert names(viewer, "environment=lan") == ["alpha"] and names(viewer, "limit=1&offset=1") == ["zeta"]
    assert viewer.caller.get(f"{ROBOTS}?status=nonsense").json() == {"robots": [], "total": 0}
    assert viewer.caller.get(f"{ROBOTS}?limit=501").status_code == 400


def test_the_list_asks_no_more_questions_when_it_is_longer(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(4):
        robot_named(f"bot-{number}")
    caller = viewer.caller
    for limit in (1, 4):
        with django_assert_num_queries(4):
            caller.get(f"{ROBOTS}?limit={limit}")


def test_two_of_one_name_are_told_apart(admin: Person) -> None:
    register(admin.robot_token("unit-00000001"), "unit-00000001")
    second = register(admin.robot_token("unit-00000002"), "unit-00000002")
    assert (second["name"], second["hostname"]) == ("Desk-00000002", "HOST-00000002")
    again = register(admin.robot_token("unit-00000001"), "unit-00000001")
    assert (again["name"], again["hostname"]) == ("Desk", "HOST")


def register(raw: str, key: str) -> Any:
    body = {"robot_id": key, "name": "Desk", "hostname": "HOST"}
    answer = Caller(headers={"x-api-token": raw}).post(f"{ROBOTS}/register", body)
    assert answer.status_code == 200
    return answer.json()


def test_only_an_admin_makes_up_a_robot(admin: Person, operator: Person, make_person: MakePerson) -> None:
    body = {"robot_id": "bot", "name": "Desk", "hostname": "HOST"}
    assert operator.caller.post(f"{ROBOTS}/register", body).status_code == 403
    assert operator.caller.post(f"{ROBOTS}/bot/heartbeat").status_code == 404
    assert operator.caller.put(f"{ROBOTS}/bot/status", {"status": "idle"}).status_code == 404
    narrow = make_person("norbert", "admin", allowed_node_ids=[])
    assert narrow.caller.post(f"{ROBOTS}/bot/heartbeat").status_code == 403
    assert not Node.objects.exists()
    assert admin.caller.post(f"{ROBOTS}/register", body).status_code == 200
    assert operator.caller.post(f"{ROBOTS}/bot/heartbeat", {"cpu_percent": 7}).json()["ok"] is True


def test_a_person_changes_what_is_sent_and_leaves_the_rest(admin: Person) -> None:
    robot_named("bot", capabilities=["gpu"])
    changed = admin.caller.put(f"{ROBOTS}/bot", {"name": "Big one", "max_concurrent_jobs": 5, "tags": None}).json()
    assert (changed["name"], changed["max_concurrent_jobs"], changed["capabilities"]) == ("Big one", 5, ["gpu"])
    entry = JournalEntry.objects.get(action="robot.update")
    assert (entry.after, entry.actor_label) == ({"name": "Big one", "max_concurrent": 5}, "alice")
    refused = admin.caller.put(f"{ROBOTS}/bot", {"max_concurrent_jobs": 0})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["max_concurrent_jobs"])


def test_a_paused_robot_is_given_nothing_until_it_is_resumed(operator: Person) -> None:
    robot = robot_named("bot")
    run_of(flow_that_runs())
    assert operator.caller.post(f"{ROBOTS}/bot/pause").json()["status"] == "maintenance"
    robots.change_status(robot=Robot.objects.get(), status="idle", at=database_now())
    assert claiming.claim(robot=robot, at=database_now()) == []
    assert operator.caller.post(f"{ROBOTS}/bot/resume").json()["status"] == "idle"
    assert len(claiming.claim(robot=robot, at=database_now())) == 1


def test_a_persons_word_outlasts_the_robots_own(operator: Person, admin: Person) -> None:
    robot_named("bot")
    raw = bearer(admin.robot_token("bot"))
    assert operator.caller.put(f"{ROBOTS}/bot/status", {"status": "maintenance"}).json()["status"] == "maintenance"
    assert raw.put(f"{ROBOTS}/bot/status", {"status": "idle"}).json()["status"] == "maintenance"
    assert operator.caller.put(f"{ROBOTS}/bot/status", {"status": "online"}).json()["status"] == "idle"
    assert raw.put(f"{ROBOTS}/bot/status", {"status": "asleep"}).json()["errors"].keys() == {"status"}


def test_stopping_by_force_gives_its_work_back(operator: Person) -> None:
    robot_named("bot")
    run = taken()
    operator.caller.post(f"{ROBOTS}/bot/stop", {"force": False})
    run.refresh_from_db()
    assert run.status == "claimed"
    operator.caller.post(f"{ROBOTS}/bot/stop", {"force": True})
    run.refresh_from_db()
    assert (run.status, run.node_id, run.retry_count) == ("queued", None, 0)
    assert operator.caller.post(f"{ROBOTS}/bot/start").json()["status"] == "idle"


def test_only_who_is_on_the_line_can_be_restarted(operator: Person) -> None:
    robot_named("bot")
    refused = operator.caller.post(f"{ROBOTS}/bot/restart")
    assert (refused.status_code, refused.json()["code"]) == (409, "only_calls")
    Node.objects.filter(key="bot").update(status="offline")
    refused = operator.caller.post(f"{ROBOTS}/bot/restart")
    assert (refused.status_code, refused.json()["code"]) == (409, "robot_offline")
    Robot.objects.create(node=told.node("arm", "robot"))
    assert operator.caller.post(f"{ROBOTS}/arm/restart").status_code == 200
    assert [letter.action for letter in told.receive()] == [{"type": "restart"}]


def test_removing_a_robot_gives_its_work_back_and_ends_its_keys(admin: Person) -> None:
    robot_named("bot")
    raw, run = bearer(admin.robot_token("bot")), taken()
    assert admin.caller.delete(f"{ROBOTS}/bot").json() == {"deleted": True, "robot_id": "bot"}
    run.refresh_from_db()
    assert (run.status, Node.objects.exists()) == ("queued", False)
    assert raw.post(f"{ROBOTS}/bot/heartbeat").status_code == 401
    assert ApiToken.objects.get().revoked_at is not None
    assert admin.caller.delete(f"{ROBOTS}/bot").json()["detail"] == "Robot bot not found"


def test_a_machine_that_also_works_stays_a_machine(admin: Person) -> None:
    Robot.objects.create(node=told.node("edge-1"))
    admin.caller.delete(f"{ROBOTS}/edge-1")
    assert (Robot.objects.exists(), Node.objects.count()) == (False, 1)


def test_what_its_jobs_wrote_is_its_log(viewer: Person) -> None:
    robot_named("bot")
    run, at = taken(), timezone.now()
    RunLine.objects.create(execution=run, at=at - timedelta(hours=1), level="info", message="old")
    RunLine.objects.create(execution=run, at=at, level="error", message="new", source="n1")
    (old, new) = viewer.caller.get(f"{ROBOTS}/bot/logs").json()["logs"]
    assert (old["message"], new["message"], new["job_id"], new["source"]) == ("old", "new", str(run.pk), "n1")
    since = (at - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert len(viewer.caller.get(f"{ROBOTS}/bot/logs?since={since}").json()["logs"]) == 1


def test_nodes_one_does_not_see_have_no_robots(make_person: MakePerson) -> None:
    mine = robot_named("mine")
    robot_named("other")
    bob = make_person("bob", "admin", allowed_node_ids=[str(mine.pk)])
    assert names(bob) == ["mine"]
    for path in ("", "/logs", "/metrics"):
        assert bob.caller.get(f"{ROBOTS}/other{path}").status_code == 404
    assert bob.caller.put(f"{ROBOTS}/other", {"name": "x"}).status_code == 404
    assert bob.caller.delete(f"{ROBOTS}/other").status_code == 404


def test_a_robot_id_that_can_be_none_is_refused(viewer: Person) -> None:
    answer = viewer.caller.get("/api/v1/metrics/robots/no%20robot")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["robot_id"])
    assert viewer.caller.get(f"/api/v1/metrics/robots/{'x' * 65}").status_code == 400


# --- Silence


def test_a_silent_robot_is_offline_and_its_next_call_brings_it_back(viewer: Person, admin: Person) -> None:
    robot_named("bot")
    at = database_now()
    assert robots.sweep(at + timedelta(seconds=89)) == 0
    robots.sweep(at + timedelta(seconds=91))
    assert status_of(viewer) == "offline"
    assert JournalEntry.objects.filter(action="node.disconnect").count() == 1
    bearer(admin.robot_token("bot")).post(f"{ROBOTS}/bot/heartbeat")
    assert status_of(viewer) == "idle"


def test_the_patience_is_a_setting(viewer: Person, settings: Any) -> None:
    settings.ROBOT_HEARTBEAT_TIMEOUT = 5
    robot_named("bot")
    robots.sweep(database_now() + timedelta(seconds=6))
    assert status_of(viewer) == "offline"


def test_a_silent_robot_keeps_its_runs_for_the_grace_only(viewer: Person) -> None:
    robot_named("bot")
    run, at = taken(lease=timedelta(hours=1)), database_now()
    gone = at + timedelta(seconds=91)
    robots.sweep(gone)
    run.refresh_from_db()
    assert (run.status, run.lease_until) == ("claimed", gone + leases.GRACE)
    leases.sweep(gone + leases.GRACE)
    run.refresh_from_db()
    assert (run.status, run.retry_count, run.node_id) == ("queued", 1, None)


def test_who_comes_back_within_the_grace_goes_on(admin: Person) -> None:
    robot_named("bot")
    run, at = taken(lease=timedelta(hours=1)), database_now()
    gone = at + timedelta(seconds=91)
    robots.sweep(gone)
    raw = bearer(admin.robot_token("bot"))
    raw.post(f"{ROBOTS}/bot/heartbeat")
    assert raw.post(f"/api/v1/jobs/{run.pk}/extend-lease", {"extension_seconds": 3600}).status_code == 200
    leases.sweep(gone + leases.GRACE)
    run.refresh_from_db()
    assert run.status == "running"


def test_a_robot_that_only_extends_its_lease_is_there(viewer: Person, admin: Person) -> None:
    robot_named("bot")
    run = taken()
    Node.objects.update(last_seen_at=timezone.now() - timedelta(seconds=80))
    bearer(admin.robot_token("bot")).post(f"/api/v1/jobs/{run.pk}/extend-lease")
    robots.sweep(database_now() + timedelta(seconds=60))
    assert status_of(viewer) == "busy"


def test_who_says_goodbye_hands_its_work_back_at_once_and_is_welcome_again(viewer: Person, admin: Person) -> None:
    robot_named("bot")
    run, raw = taken(), bearer(admin.robot_token("bot"))
    raw.put(f"{ROBOTS}/bot/status", {"status": "offline"})
    run.refresh_from_db()
    assert (run.status, run.retry_count, status_of(viewer)) == ("queued", 0, "offline")
    assert raw.post("/api/v1/jobs/claim").json()["job_id"] == str(run.pk)
    assert status_of(viewer) == "busy"
