"""What Tafy's clients find around its resources: the greeting, the documents, and the manners of every answer."""

from ipaddress import ip_network
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
UI = "http://localhost:3000"


@pytest.mark.parametrize("path", ["/tafy/", "/tafy"])
def test_the_greeting(path: str) -> None:
    response = Caller().get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == {
        "message": "Tafy Studio Hub API",
        "version": "0.0.1",
        "docs": "/docs",
        "health": "/health",
    }


def test_the_greeting_by_host_name(settings: Settings) -> None:
    settings.ACCENT_HOSTS, settings.ALLOWED_HOSTS = {"tafy.localhost": "tafy"}, ["*"]
    assert Caller().get("/", headers={"host": "tafy.localhost:8000"}).json()["message"] == "Tafy Studio Hub API"


def test_at_the_root_people_find_their_front_page() -> None:
    assert Caller().get("/")["Location"] == "/login"


@pytest.mark.parametrize("prefix", ["", "/tafy"])
def test_the_documents_are_ours(prefix: str) -> None:
    document = Caller().get(f"{prefix}/openapi.json")
    assert document.status_code == 200
    assert document.json()["openapi"].startswith("3.1")
    assert {"/api/v1/devices", "/api/v1/devices/{key}/command"} <= set(document.json()["paths"])
    for page in ("docs", "redoc"):
        response = Caller().get(f"{prefix}/{page}")
        assert (response.status_code, response["Location"]) == (302, "/api/docs")


@pytest.mark.parametrize("path", ["/tafy/nowhere", "/tafy/api/v1/nowhere", "/tafy/api/v1/ws/events"])
def test_nothing_is_there(path: str) -> None:
    response = Caller().get(path)
    assert (response.status_code, response.json()) == (404, {"error": "Not Found", "status_code": 404})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", ["/tafy", "/tafy/", "/tafy/health", "/tafy/docs", "/tafy/redoc", "/tafy/openapi.json"])
def test_what_is_only_read_is_not_written(path: str, method: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, path, "{}", "application/json")
    assert response.status_code == 405
    assert method == "HEAD" or response.json() == {"error": "Method Not Allowed", "status_code": 405}


def test_every_answer_has_an_id(operator: Person) -> None:
    for path in ("/tafy/", "/tafy/health", "/tafy/api/v1/devices/", "/tafy/api/v1/devices/nobody"):
        assert UUID(operator.caller.get(path)["X-Request-ID"])


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/tafy/api/v1/devices/", "/tafy/api/v1/devices/x/command", "/tafy/api/v1/flows/"])
def test_a_browser_elsewhere_is_let_call_when_it_is_named(settings: Settings, path: str, method: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [UI]
    asked = {"access-control-request-method": method, "access-control-request-headers": "content-type"}
    answer = Caller().options(path, headers={"origin": UI, **asked})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, UI)
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert method in answer["Access-Control-Allow-Methods"]
    assert "content-type" in answer["Access-Control-Allow-Headers"]
    stranger = Caller().options(path, headers={"origin": "https://evil.example", **asked})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_a_named_page_speaks_for_the_open_lan(settings: Settings) -> None:
    settings.OPEN_LAN, settings.CORS_ALLOWED_ORIGINS = [ip_network("192.168.0.0/16")], [UI]
    caller = Caller(REMOTE_ADDR="192.168.7.7")
    response = caller.get("/tafy/api/v1/devices/", headers={"origin": UI})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, UI)
    assert caller.get("/tafy/api/v1/devices/", headers={"origin": "https://evil.example"}).status_code == 401
