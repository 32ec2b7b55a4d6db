"""Whose a flow is, and who sees it: Alice who runs the hub, Bob who made it, Charlie who looks on."""

from collections.abc import Iterator
from typing import Any

import pytest

from flows.models import Flow
from tests.people import MakePerson, Person, bearer

pytestmark = pytest.mark.django_db
FLOWS = "/api/v1/flows"


@pytest.fixture
def bob(make_person: MakePerson) -> Person:
    return make_person("bob", "developer")


@pytest.fixture
def charlie(make_person: MakePerson) -> Person:
    return make_person("charlotte", "developer")


def made(person: Person, **said: Any) -> str:
    answer: str = person.caller.post(FLOWS, {"name": "Bob's", **said}).json()["id"]
    return answer


def doors(pk: str) -> Iterator[tuple[str, str]]:
    yield from (("GET", f"{FLOWS}/{pk}"), ("PATCH", f"{FLOWS}/{pk}"))
    yield from (("POST", f"{FLOWS}/{pk}/start"), ("POST", f"{FLOWS}/{pk}/stop"))
    yield from (("GET", f"{FLOWS}/{pk}/versions"), ("GET", f"{FLOWS}/{pk}/versions/1"))
    yield from (("POST", f"{FLOWS}/{pk}/versions/1/restore"), ("GET", f"{FLOWS}/{pk}/versions/diff?from=1"))
    yield from (("GET", f"{FLOWS}/{pk}/export"), ("GET", f"/api/v1/workflows/{pk}"))
    yield from (("DELETE", f"/api/v1/workflows/{pk}"), ("DELETE", f"{FLOWS}/{pk}"))


def test_a_private_flow_is_not_there_for_others_at_any_door(bob: Person, charlie: Person) -> None:
    pk = made(bob, access="private")
    for method, address in doors(pk):
        assert charlie.caller.generic(method, address, "{}", "application/json").status_code == 404, (method, address)
    assert charlie.caller.get(FLOWS).json() == []
    assert Flow.objects.get().status == "stopped"


def test_its_owner_and_admins_pass_every_door(bob: Person, admin: Person) -> None:
    for person in (bob, admin):
        pk = made(bob, access="private")
        for method, address in doors(pk):
            if ("DELETE", f"{FLOWS}/{pk}") != (method, address):
                status = person.caller.generic(method, address, "{}", "application/json").status_code
                assert status < 300, (method, address, status)


def test_a_shared_flow_is_everybodys_who_may_read(bob: Person, charlie: Person, viewer: Person) -> None:
    for access in ("shared", "public"):
        pk = made(bob, access=access)
        assert viewer.caller.get(f"{FLOWS}/{pk}").status_code == 200
        assert charlie.caller.patch(f"{FLOWS}/{pk}", {"name": "Charlie's"}).status_code == 200


def test_what_was_shared_and_is_private_now_is_gone_for_others(bob: Person, charlie: Person) -> None:
    pk = made(bob)
    assert bob.caller.patch(f"{FLOWS}/{pk}", {"access": "private"}).status_code == 200
    assert charlie.caller.get(f"{FLOWS}/{pk}").status_code == 404


def test_nobody_hides_somebody_elses_flow(bob: Person, charlie: Person, admin: Person) -> None:
    pk = made(bob)
    assert charlie.caller.patch(f"{FLOWS}/{pk}", {"access": "private"}).status_code == 403
    assert charlie.caller.patch(f"{FLOWS}/{pk}", {"access": "shared"}).status_code == 200
    assert admin.caller.patch(f"{FLOWS}/{pk}", {"access": "private"}).status_code == 200


def test_a_token_reads_only_what_its_scopes_say(bob: Person) -> None:
    pk = made(bob)
    reader, worker = bearer(bob.token("read")), bearer(bob.token("flows"))
    assert reader.get(f"{FLOWS}/{pk}").status_code == 200
    assert reader.patch(f"{FLOWS}/{pk}", {"name": "x"}).status_code == 403
    assert worker.patch(f"{FLOWS}/{pk}", {"name": "x"}).status_code == 200


def test_a_robot_sees_no_flows(bob: Person, admin: Person) -> None:
    pk = made(bob)
    robot = bearer(admin.robot_token("arm-7"))
    assert robot.get(f"{FLOWS}/{pk}").status_code == 403
    assert robot.get(FLOWS).status_code == 403


def test_under_nodetool_a_flow_is_private_and_elsewhere_shared(bob: Person) -> None:
    for accent, access in (("nodetool", "private"), ("casare", "shared"), ("bilbycast", "shared")):
        answer = bob.caller.post(f"/{accent}{FLOWS}", {"name": accent})
        assert answer.status_code in (200, 201)
        assert answer.json()["access"] == access


def test_a_run_is_begun_by_whoever_sees_the_flow(bob: Person, charlie: Person, operator: Person, admin: Person) -> None:
    people = {"bob": bob, "charlie": charlie, "operator": operator, "admin": admin}
    may = {"private": {"bob", "admin"}, "shared": {*people}, "public": {*people}}
    for access, those in may.items():
        pk = made(bob, access=access)
        Flow.objects.filter(pk=pk).update(status="running", runs_on="robot")
        for name, person in people.items():
            for address, body in (("/api/v1/executions", {"flow_id": pk}), (f"{FLOWS}/{pk}/executions/run", {})):
                status = person.caller.post(address, body).status_code
                assert status == (201 if name in those else 404), (access, name, address)
