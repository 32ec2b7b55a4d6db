"""The two modes without a login, and how narrow they are."""

from ipaddress import ip_network

import pytest
from pytest_django import Settings

from tests.people import Caller, Person

ME = "/api/v1/auth/me"


@pytest.fixture
def desk(db: None, settings: Settings) -> Settings:
    settings.DEBUG = settings.DEV_MODE = True
    settings.ALLOWED_HOSTS = ["*"]
    return settings


def ask(address: str = "127.0.0.1", host: str = "localhost:8000", **headers: str) -> int:
    return int(Caller(REMOTE_ADDR=address, headers={"host": host, **headers}).get(ME).status_code)


def test_the_developer_at_the_desk_needs_no_login(desk: Settings) -> None:
    body = Caller(headers={"host": "localhost:8000"}).get(ME).json()
    assert (body["user_id"], body["roles"][0], body["tenant_id"], body["dev_mode"]) == ("dev_user", "admin", None, True)
    assert Caller(headers={"host": "localhost:8000"}).get("/api/v1/users").status_code == 200


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "[::1]"])
def test_under_every_local_name(desk: Settings, host: str) -> None:
    assert ask(host=host) == 200


def test_a_bad_token_is_still_refused(desk: Settings) -> None:
    assert ask(authorization="Bearer garbage") == 401


@pytest.mark.parametrize("switch", ["DEBUG", "DEV_MODE"])
def test_both_switches_are_needed(desk: Settings, switch: str) -> None:
    setattr(desk, switch, False)
    assert ask() == 401


@pytest.mark.parametrize("address", ["192.168.1.5", "203.0.113.9", "", "::ffff:10.0.0.1"])
def test_nobody_else_on_the_network(desk: Settings, address: str) -> None:
    assert ask(address) == 401


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_not_through_a_proxy(desk: Settings, name: str) -> None:
    assert ask(**{name: "127.0.0.1"}) == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_not_for_a_page_that_calls_itself_otherwise(desk: Settings, host: str) -> None:
    assert ask(host=host) == 401


def test_another_sites_page_cannot_write_through_the_open_door(desk: Settings) -> None:
    caller = Caller(headers={"host": "localhost:8000", "origin": "https://evil.example"})
    assert caller.post("/api/v1/tokens", {"name": "stolen"}).status_code in (401, 403)
    same = Caller(headers={"host": "localhost:8000", "origin": "http://localhost:8000"})
    assert same.post("/api/v1/tokens", {"name": "mine"}).status_code == 201


# --- The open LAN -----------------------------------------------------------------------------------------------------


@pytest.fixture
def lan(db: None, settings: Settings) -> Settings:
    settings.OPEN_LAN = [ip_network("192.168.0.0/16")]
    return settings


def test_the_lan_is_somebody_who_may_almost_nothing(lan: Settings) -> None:
    caller = Caller(REMOTE_ADDR="192.168.4.4")
    body = caller.get(ME).json()
    assert (body["kind"], body["roles"], body["dev_mode"]) == ("lan", ["operator"], False)
    for path in ("me", "users", "tokens", "auth/logins", "auth/second-factor"):
        assert caller.get(f"/api/v1/{path}").status_code == 403
    assert caller.post("/api/v1/tokens", {"name": "n"}).status_code == 403


def test_another_sites_page_does_not_speak_for_the_lan(lan: Settings) -> None:
    def ask_from(origin: str) -> int:
        headers = {"origin": origin, "host": "hub.lan"}
        return int(Caller(REMOTE_ADDR="192.168.4.4", headers=headers).post("/api/v1/auth/logout").status_code)

    lan.ALLOWED_HOSTS = ["hub.lan"]
    lan.CORS_ALLOWED_ORIGINS = ["http://localhost:3000"]
    assert [ask_from(origin) for origin in ("https://evil.example", "null", "http://[", "")] == [401] * 4
    assert [ask_from(origin) for origin in ("http://hub.lan", "http://localhost:3000")] == [200] * 2


def test_elsewhere_is_not_the_lan(lan: Settings) -> None:
    assert Caller(REMOTE_ADDR="203.0.113.9").get(ME).status_code == 401
    assert Caller(REMOTE_ADDR="203.0.113.9", headers={"x-forwarded-for": "192.168.4.4"}).get(ME).status_code == 401


def test_a_bad_credential_on_the_lan_is_still_refused(lan: Settings) -> None:
    assert Caller(REMOTE_ADDR="192.168.4.4", headers={"authorization": "Bearer x"}).get(ME).status_code == 401
    assert Caller(REMOTE_ADDR="192.168.4.4", headers={"x-api-key": "x"}).get(ME).status_code == 401


def test_a_person_on_the_lan_is_themselves(lan: Settings, viewer: Person) -> None:
    caller = Caller(REMOTE_ADDR="192.168.4.4", headers={"authorization": f"Bearer {viewer.signed_in.access_token}"})
    assert caller.get(ME).json()["username"] == "vera"
