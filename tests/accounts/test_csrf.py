"""Writes by cookie must prove that our own page sent them."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from tests.people import Caller, Person, sign_in

LOGOUT = "/api/v1/auth/logout"


@pytest.fixture
def browser(viewer: Person) -> Iterator[Caller]:
    browser = Caller()
    browser.token = sign_in("vera", caller=browser).json()["csrf_token"]  # type: ignore[attr-defined]
    yield browser


def leave(browser: Any, *, secure: bool = False, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.post(LOGOUT, headers=named, secure=secure)


def test_the_right_header_opens(browser: Any) -> None:
    assert leave(browser, x_csrf_token=browser.token).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"x_csrf_token": ""}, {"x_csrf_token": "wrong"}, {"x_csrf_token": "x" * 32}, {"x_csrftoken": "right"}],
)
def test_a_missing_or_wrong_header_is_refused(browser: Any, headers: dict[str, str]) -> None:
    response = leave(browser, **headers)
    assert (response.status_code, response.json()["code"]) == (403, "csrf_refused")
    assert browser.get("/api/v1/auth/me").status_code == 200


def test_every_accent_words_the_refusal(browser: Any) -> None:
    response = browser.post("/bilbycast" + LOGOUT)
    assert response.status_code == 403
    assert "X-CSRF-Token" in response.json()["error"]


def test_the_cookie_alone_proves_nothing(browser: Any) -> None:
    browser.cookies["csrf_token"] = "y" * 32
    assert leave(browser, x_csrf_token=browser.token).status_code == 403


def test_without_the_cookie_the_header_proves_nothing(browser: Any) -> None:
    del browser.cookies["csrf_token"]
    assert leave(browser, x_csrf_token=browser.token).status_code == 403


def test_reading_needs_no_header(browser: Any) -> None:
    assert browser.get("/api/v1/me").status_code == 200


def test_a_bearer_needs_no_header(viewer: Person) -> None:
    assert viewer.caller.post(LOGOUT).status_code == 200


def test_a_form_field_does_not_pass_for_the_header_of_another_type(browser: Any) -> None:
    response = browser.post(LOGOUT, f"csrfmiddlewaretoken={browser.token}x", "application/x-www-form-urlencoded")
    assert response.status_code == 403


def test_a_program_with_cookies_needs_no_referer_over_https(browser: Any) -> None:
    assert leave(browser, secure=True, x_csrf_token=browser.token).status_code == 200


@pytest.mark.parametrize("secure", [False, True])
def test_a_foreign_origin_is_refused_even_with_the_token(browser: Any, secure: bool) -> None:
    headers = {"origin": "https://evil.example", "x_csrf_token": browser.token}
    assert leave(browser, secure=secure, **headers).status_code == 403


def test_a_foreign_referer_is_refused_over_https(browser: Any) -> None:
    headers = {"referer": "https://evil.example/page", "x_csrf_token": browser.token}
    assert leave(browser, secure=True, **headers).status_code == 403


@pytest.mark.parametrize("origin", ["http://testserver", "https://panel.example.org"])
def test_our_own_and_named_origins_pass(browser: Any, settings: Settings, origin: str) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://panel.example.org"]
    assert leave(browser, origin=origin, x_csrf_token=browser.token).status_code == 200


def test_a_dead_session_is_nobody_and_not_a_csrf_failure(browser: Any) -> None:
    leave(browser, x_csrf_token=browser.token)
    browser.cookies["session"] = "0123456789abcdef0123456789abcdef"
    assert leave(browser).status_code == 401
