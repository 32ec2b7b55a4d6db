"""Ways to stay in, to get further in, or to shut others out, each of them closed."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.errors import AlreadyEnrolled, InvalidForeignToken
from accounts.models import ApiToken, Login, LoginLock, SecondFactor, User
from accounts.queries import find_by_name
from accounts.services import locks, provisioning, second_factors, users
from rdos.kernel.addresses import neighbourhood
from rdos.kernel.models import JournalEntry
from tests.people import PASSWORD, Caller, Person, sign_in

USERS = "/api/v1/users"


def by_token(person: Person, *scopes: str) -> Caller:
    return Caller(headers={"x-api-key": person.token(*scopes)})


def test_a_token_makes_no_users(admin: Person) -> None:
    fields = {"username": "eve", "password": PASSWORD, "display_name": "Eve", "role": "admin", "is_temporary": False}
    assert by_token(admin, "users").post(USERS, fields).status_code == 403
    assert by_token(admin).post(USERS, fields).status_code == 403
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize("change", [{"role": "admin"}, {"allowed_node_ids": None}, {"password": PASSWORD}])
def test_a_token_gives_nobody_power(admin: Person, viewer: Person, change: dict[str, Any]) -> None:
    assert by_token(admin, "users").put(f"{USERS}/{viewer.id}", change).status_code == 403
    assert by_token(admin, "users").put(f"{USERS}/{viewer.id}", {"display_name": "V"}).status_code == 200


def test_all_addresses_of_one_ipv6_network_share_their_tries(viewer: Person) -> None:
    answers = [sign_in("vera", "wrong", REMOTE_ADDR=f"2001:db8:1:2::{number:x}").status_code for number in range(1, 8)]
    assert answers == [401] * 5 + [429] * 2
    assert LoginLock.objects.get().address == "2001:db8:1:2::/64"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_neighbourhood_is_what_one_client_can_have(address: str, place: str) -> None:
    assert neighbourhood(address) == place


def test_a_claimed_email_that_is_none_is_not_kept(viewer: Person) -> None:
    stranger = provisioning.foreign_user({"sub": "user_9", "email": "vera"})
    assert stranger.email == "user_9@unknown"
    assert find_by_name("vera") == viewer.user


def test_a_username_comes_before_an_email(viewer: Person) -> None:
    users.make(username="aaa", password=None, email="x@example.org")
    User.objects.filter(username="aaa").update(email="vera")
    assert find_by_name("VERA") == viewer.user


def test_no_foreign_token_is_the_developer_at_the_desk(db: None) -> None:
    provisioning.dev_user()
    with pytest.raises(InvalidForeignToken):
        provisioning.foreign_user({"sub": provisioning.DEV_CLERK_ID})


def test_an_ended_login_shuts_the_console_even_if_its_session_lives_on(admin: Person) -> None:
    browser = Client()
    sign_in(admin.name, caller=browser)
    assert browser.get("/console/accounts/user/").status_code == 200
    Login.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get("/console/accounts/user/").status_code == 302
    Login.objects.all().delete()
    assert browser.get("/").status_code == 307


def test_robots_keep_their_keys_when_the_person_who_made_them_goes(admin: Person, super_admin: Person) -> None:
    robot, own = admin.robot_token("arm-7"), admin.token()
    assert super_admin.caller.delete(f"{USERS}/{admin.id}").status_code == 204
    assert Caller(headers={"x-api-key": robot}).get("/api/v1/auth/me").status_code == 200
    assert Caller(headers={"x-api-key": own}).get("/api/v1/auth/me").status_code == 401
    assert ApiToken.objects.get().owner == super_admin.user


def test_a_password_typed_into_the_name_field_is_kept_nowhere(viewer: Person) -> None:
    sign_in("My-Real-Passw0rd", "vera")
    kept = str(list(JournalEntry.objects.values())) + str(list(LoginLock.objects.values()))
    assert "unknown-" in kept
    assert "My-Real-Passw0rd" not in kept
    assert "my-real-passw0rd" not in kept


def test_a_confirmed_factor_is_not_overwritten_by_an_enrolment_in_another_window(viewer: Person) -> None:
    second_factors.propose(user=viewer.user)
    SecondFactor.objects.update(confirmed_at=timezone.now())
    kept = SecondFactor.objects.get().secret
    with pytest.raises(AlreadyEnrolled):
        second_factors.propose(user=viewer.user)
    assert SecondFactor.objects.get().secret == kept


def test_behind_an_undeclared_proxy_nobody_is_on_the_lan(db: None, settings: Any) -> None:
    settings.OPEN_LAN = [ip_network("192.168.0.0/16")]
    near = Caller(REMOTE_ADDR="192.168.1.2")
    assert near.get("/api/v1/auth/me").status_code == 200
    assert near.get("/api/v1/auth/me", headers={"x-forwarded-for": "8.8.8.8"}).status_code == 401


def test_nobody_takes_their_own_second_factor_off_as_an_administrator(admin: Person) -> None:
    browser = Client()
    sign_in(admin.name, caller=browser)
    SecondFactor.objects.create(user=admin.user, secret="x", confirmed_at=timezone.now())
    form = {"action": "remove_second_factor", "_selected_action": str(admin.id), "confirmed": "yes", "post": "yes"}
    browser.post("/console/accounts/user/", form)
    assert SecondFactor.objects.filter(user=admin.user).exists()


def test_locks_of_strangers_do_not_meet(db: None) -> None:
    at = timezone.now()
    for _ in range(locks.FAILURES):
        locks.count_failure(address="203.0.113.1", account=str(uuid4()), at=at)
    assert not LoginLock.objects.exclude(locked_until=None).exists()
