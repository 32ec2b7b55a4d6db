"""Ways in that a lock per address does not close."""

from datetime import timedelta

import pyotp
import pytest
from django.utils import timezone

from accounts.services import second_factors
from tests.people import Caller, Person, sign_in

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def secret(viewer: Person) -> str:
    at = timezone.now() - timedelta(minutes=5)
    proposed = second_factors.propose(user=viewer.user)
    second_factors.confirm(actor=viewer.actor, user=viewer.user, code=pyotp.TOTP(proposed).at(at), at=at)
    return proposed


def test_whoever_has_the_password_cannot_try_codes_from_many_addresses(secret: str) -> None:
    for number in range(second_factors.WRONG_CODES):
        assert sign_in("vera", otp="000000", REMOTE_ADDR=f"198.51.100.{number}").status_code == 401
    answer = sign_in("vera", otp=pyotp.TOTP(secret).now(), REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_a_right_code_after_a_few_wrong_ones_still_opens(secret: str) -> None:
    for number in range(second_factors.WRONG_CODES - 1):
        sign_in("vera", otp="000000", REMOTE_ADDR=f"198.51.100.{number}")
    assert sign_in("vera", otp=pyotp.TOTP(secret).now(), REMOTE_ADDR="192.0.2.1").status_code == 200


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://testserver.elsewhere.example"])
def test_another_site_cannot_sign_its_visitors_in(viewer: Person, origin: str) -> None:
    form = f"username=vera&password={viewer.password}"
    answer = Caller().post("/api/v1/auth/login-form", form, FORM, headers={"origin": origin})
    assert answer["Location"] == "/login?error=invalid"
    assert not answer.cookies


def test_the_hubs_own_form_signs_in(viewer: Person) -> None:
    form = f"username=vera&password={viewer.password}"
    answer = Caller().post("/api/v1/auth/login-form", form, FORM, headers={"origin": "http://testserver"})
    assert answer["Location"] == "/dashboard"
