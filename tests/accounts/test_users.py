"""People as an admin manages them, and what nobody may do to whom."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Login, User
from accounts.services import users
from rdos.kernel.errors import DomainError
from rdos.kernel.models import JournalEntry
from tests.people import PASSWORD, MakePerson, Person, bearer, sign_in

USERS = "/api/v1/users"
NODE, OTHER_NODE = str(uuid4()), str(uuid4())
NEW = {
    "username": "nina",
    "password": "Nine-Lamps-99",
    "display_name": "Nina",
    "role": "operator",
    "is_temporary": False,
}


def of(person: Person) -> str:
    return f"{USERS}/{person.id}"


def test_an_admin_makes_a_user_who_can_sign_in(admin: Person) -> None:
    response = admin.caller.post(USERS, NEW)
    body = response.json()
    assert response.status_code == 201
    assert (body["username"], body["role"], body["email"], body["allowed_node_ids"]) == ("nina", "operator", None, None)
    assert "password" not in body
    assert sign_in("nina", NEW["password"]).status_code == 200


def test_the_making_is_in_the_journal_without_the_password(admin: Person) -> None:
    admin.caller.post(USERS, NEW)
    entry = JournalEntry.objects.get(action="user.create", object_label="Nina")
    assert (entry.actor_label, entry.actor_address) == ("alice", "127.0.0.1")
    assert NEW["password"] not in str(vars(entry))


@pytest.mark.parametrize("field", ["username", "password", "display_name", "role", "is_temporary"])
def test_what_the_contract_demands_is_demanded(admin: Person, field: str) -> None:
    body = {name: value for name, value in NEW.items() if name != field}
    assert field in admin.caller.post(USERS, body).json()["errors"]
    assert admin.caller.post("/bilbycast" + USERS, body).status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "n n"}, "username"),
        ({"username": "-n"}, "username"),
        ({"username": "n" * 65}, "username"),
        ({"username": "a@b.org"}, "username"),
        ({"display_name": "N\tina"}, "display_name"),
        ({"display_name": "N" * 129}, "display_name"),
        ({"role": "king"}, "role"),
        ({"role": None}, "role"),
        ({"email": "not an address"}, "email"),
        ({"expires_at": "yesterday"}, "expires_at"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:59"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"allowed_node_ids": ["x"]}, "allowed_node_ids.0"),
        ({"allowed_node_ids": NODE}, "allowed_node_ids"),
        ({"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ({"is_temporary": "perhaps"}, "is_temporary"),
        ({"password": "short"}, "password"),
        ({"password": "nouppercase1"}, "password"),
        ({"password": "NOLOWERCASE1"}, "password"),
        ({"password": "NoDigitsHere"}, "password"),
        ({"password": "Password123"}, "password"),
        ({"password": "Nina-is-here-1"}, "password"),
        ({"password": "Aa1" + "x" * 126}, "password"),
    ],
)
def test_what_cannot_be_is_refused_by_name(admin: Person, change: dict[str, Any], field: str) -> None:
    response = admin.caller.post(USERS, NEW | change)
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not User.objects.filter(display_name="Nina").exists()


@pytest.mark.parametrize("change", [{"username": "ALICE"}, {"email": "Alice@Example.org"}])
def test_a_name_is_taken_once_in_any_case(admin: Person, change: dict[str, str]) -> None:
    response = admin.caller.post(USERS, NEW | change)
    assert (response.status_code, response.json()["code"]) == (409, "name_taken")


def test_many_people_may_have_no_e_mail(admin: Person) -> None:
    for name in ("n1", "n2"):
        assert admin.caller.post(USERS, NEW | {"username": name, "email": None}).status_code == 201


def test_nobody_makes_somebody_above_themselves(admin: Person, super_admin: Person) -> None:
    assert admin.caller.post(USERS, NEW | {"role": "super_admin"}).json()["code"] == "above_yourself"
    assert admin.caller.post(USERS, NEW | {"role": "admin"}).status_code == 201
    assert super_admin.caller.post(USERS, NEW | {"username": "s2", "role": "super_admin"}).status_code == 201


@pytest.mark.parametrize("who", ["viewer", "operator", "developer"])
def test_below_admin_one_sees_oneself_and_nobody_else(
    who: str, stranger: Person, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(who)
    assert person.caller.get(of(person)).status_code == 200
    assert person.caller.get(of(stranger)).status_code == 404
    assert person.caller.get(USERS).status_code == 403
    assert person.caller.post(USERS, NEW).status_code == 403
    assert person.caller.put(of(person), {"role": "admin"}).status_code == 403
    assert person.caller.delete(of(stranger)).status_code == 403


def test_an_admin_changes_what_is_sent_and_leaves_the_rest(admin: Person, viewer: Person) -> None:
    body = admin.caller.put(of(viewer), {"display_name": "Vera L.", "role": "operator"}).json()
    assert (body["display_name"], body["role"], body["email"]) == ("Vera L.", "operator", "vera@example.org")
    entry = JournalEntry.objects.get(action="user.update")
    assert (entry.before, entry.after) == (
        {"display_name": "Vera", "role": "viewer"},
        {"display_name": "Vera L.", "role": "operator"},
    )


def test_null_clears_what_may_be_empty(admin: Person, viewer: Person) -> None:
    later = (timezone.now() + timedelta(days=1)).isoformat()
    admin.caller.put(of(viewer), {"expires_at": later, "allowed_node_ids": [NODE]})
    body = admin.caller.patch(of(viewer), {"expires_at": None, "allowed_node_ids": None, "email": None}).json()
    assert (body["expires_at"], body["allowed_node_ids"], body["email"]) == (None, None, None)


def test_nodes_are_kept_as_they_were_named(admin: Person, viewer: Person) -> None:
    body = admin.caller.put(of(viewer), {"allowed_node_ids": [NODE]}).json()
    assert body["allowed_node_ids"] == [NODE]
    assert viewer.caller.get("/api/v1/auth/me").json()["allowed_node_ids"] == [NODE]


def test_an_admin_does_not_touch_a_super_admin(admin: Person, super_admin: Person) -> None:
    for change in ({"role": "viewer"}, {"password": "Another-Kettle-43"}, {"is_active": False}, {}):
        assert admin.caller.put(of(super_admin), change).status_code == 403
    assert admin.caller.delete(of(super_admin)).status_code == 403


def test_nobody_grants_super_admin_from_below(admin: Person, viewer: Person) -> None:
    assert admin.caller.put(of(viewer), {"role": "super_admin"}).status_code == 403
    assert admin.caller.put(of(admin), {"role": "super_admin"}).status_code == 403


@pytest.fixture
def fenced_admin(make_person: MakePerson) -> Person:
    return make_person("fay", "admin", allowed_node_ids=[NODE])


def test_an_admin_of_some_nodes_grants_only_those(fenced_admin: Person) -> None:
    post = fenced_admin.caller.post
    assert post(USERS, NEW | {"allowed_node_ids": [NODE]}).status_code == 201
    assert post(USERS, NEW | {"username": "n2", "allowed_node_ids": [NODE, OTHER_NODE]}).status_code == 403
    assert post(USERS, NEW | {"username": "n3", "allowed_node_ids": None}).status_code == 403
    assert post(USERS, NEW | {"username": "n4"}).status_code == 403, "naming none means every node"


def test_an_admin_of_some_nodes_does_not_take_over_who_sees_more(
    fenced_admin: Person, viewer: Person, admin: Person
) -> None:
    assert fenced_admin.caller.put(of(viewer), {"password": "Another-Kettle-43"}).status_code == 403
    assert fenced_admin.caller.delete(of(admin)).status_code == 403
    assert fenced_admin.caller.put(of(fenced_admin), {"allowed_node_ids": None}).status_code == 403
    assert fenced_admin.caller.put(of(fenced_admin), {"display_name": "Fay"}).status_code == 200


def test_denied_nodes_are_kept_and_named_to_whoever_they_concern(admin: Person, viewer: Person) -> None:
    assert admin.caller.put(of(viewer), {"denied_node_ids": [NODE]}).json()["denied_node_ids"] == [NODE]
    assert viewer.caller.get("/api/v1/auth/me").json()["denied_node_ids"] == [NODE]
    assert admin.caller.put(of(viewer), {"denied_node_ids": []}).json()["denied_node_ids"] == []


@pytest.fixture
def denied_admin(make_person: MakePerson) -> Person:
    return make_person("dora", "admin", denied_node_ids=[NODE])


def test_an_admin_who_is_denied_a_node_passes_the_denial_on(denied_admin: Person) -> None:
    post = denied_admin.caller.post
    assert post(USERS, NEW).status_code == 403, "naming none means every node"
    assert post(USERS, NEW | {"allowed_node_ids": [NODE]}).status_code == 403
    assert post(USERS, NEW | {"denied_node_ids": [NODE]}).status_code == 201
    assert post(USERS, NEW | {"username": "n2", "allowed_node_ids": [OTHER_NODE]}).status_code == 201
    both = {"allowed_node_ids": [NODE, OTHER_NODE], "denied_node_ids": [NODE]}
    assert post(USERS, NEW | {"username": "n3"} | both).status_code == 201, "the deny list wins"


def test_nobody_lifts_a_denial_that_binds_themselves(denied_admin: Person, make_person: MakePerson) -> None:
    other = make_person("olga", "viewer", denied_node_ids=[NODE])
    for person in (denied_admin, other):
        assert denied_admin.caller.put(of(person), {"denied_node_ids": []}).status_code == 403
    assert denied_admin.caller.put(of(other), {"denied_node_ids": [NODE, OTHER_NODE]}).status_code == 200


def test_nobody_deletes_or_deactivates_themselves(admin: Person) -> None:
    deleted = admin.caller.delete(of(admin))
    assert (deleted.status_code, deleted.json()["code"]) == (400, "not_yourself")
    assert admin.caller.put(of(admin), {"is_active": False}).status_code == 403


def test_a_deleted_user_is_gone_with_tokens_and_logins(admin: Person, viewer: Person) -> None:
    theirs, program = viewer.caller, bearer(viewer.token())
    response = admin.caller.delete(of(viewer))
    assert (response.status_code, response.content) == (204, b"")
    assert theirs.get("/api/v1/auth/me").status_code == 401
    assert program.get("/api/v1/auth/me").status_code == 401
    assert admin.caller.get(of(viewer)).status_code == 404
    assert admin.caller.delete(of(viewer)).status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "Another-Kettle-43"}])
def test_deactivation_and_a_new_password_end_their_logins(
    admin: Person, viewer: Person, change: dict[str, Any]
) -> None:
    theirs = viewer.caller
    assert admin.caller.put(of(viewer), change).status_code == 200
    assert theirs.get("/api/v1/auth/me").status_code == 401
    assert Login.objects.get(user=viewer.user).revoked_because == "user_changed"


def test_the_last_super_admin_stays(super_admin: Person) -> None:
    for change in ({"role": "admin"}, {"expires_at": (timezone.now() + timedelta(days=1)).isoformat()}):
        response = super_admin.caller.put(of(super_admin), change)
        assert (response.status_code, response.json()["code"]) == (409, "last_super_admin")


def test_with_two_one_may_step_down(super_admin: Person, make_person: MakePerson) -> None:
    make_person("sven", "super_admin")
    assert super_admin.caller.put(of(super_admin), {"role": "admin"}).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writer at a time by nature")
def test_of_two_super_admins_who_remove_each_other_one_stays(super_admin: Person, make_person: MakePerson) -> None:
    rival = make_person("sven", "super_admin")
    start = threading.Barrier(2)
    refused: list[str] = []

    def demote(who: Person, whom: Person) -> None:
        actor = who.actor
        start.wait(5)
        try:
            users.update(actor=actor, pk=whom.id, at=timezone.now(), role="viewer")
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    pairs = [(super_admin, rival), (rival, super_admin)]
    racers = [threading.Thread(target=demote, args=pair) for pair in pairs]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(10)
    assert refused == ["last_super_admin"]
    assert User.objects.filter(role="super_admin").count() == 1


def test_the_list_is_newest_first_and_can_be_searched(admin: Person, viewer: Person, operator: Person) -> None:
    def names(query: str = "") -> list[str]:
        return [row["username"] for row in admin.caller.get(f"{USERS}?{query}").json()]

    assert names() == ["oskar", "vera", "alice"]
    assert names("search=VER") == ["vera"]
    assert names("search=example.org&role=admin") == ["alice"]
    assert names("search=&role=&cursor=") == names()
    assert admin.caller.get(f"{USERS}?role=king").status_code == 400


def test_a_longer_list_asks_no_more_questions(
    admin: Person, make_person: MakePerson, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = admin.caller
    for count in range(12):
        User.objects.create(username=f"many{count}")
    for limit in (1, 12):
        with django_assert_num_queries(2):
            assert len(caller.get(f"{USERS}?limit={limit}").json()) == limit


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_user_that_is_not_there_is_404(admin: Person, method: str) -> None:
    assert getattr(admin.caller, method)(f"{USERS}/{uuid4()}").status_code in (400, 404)
    assert getattr(admin.caller, method)(f"{USERS}/{uuid4()}", {}).status_code == 404
    assert getattr(admin.caller, method)(f"{USERS}/not-a-uuid").status_code == 404


def test_password_and_people_of_the_stories_obey_the_rules() -> None:
    from accounts.passwords import faults

    assert faults(PASSWORD) == []
