"""What people do with their own account."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from django.contrib.auth import get_user
from django.utils import timezone

from accounts.models import Login, LoginLock, RecoveryCode, SecondFactor
from accounts.services import second_factors
from rdos.kernel.models import JournalEntry
from tests.people import Caller, Person, bearer, sign_in

PASSWORD_PATH, FACTOR, LOGINS = "/api/v1/auth/password", "/api/v1/auth/second-factor", "/api/v1/auth/logins"
NEW = "Another-Kettle-43"


def test_people_see_their_own_row(viewer: Person) -> None:
    assert viewer.caller.get("/api/v1/me").json()["username"] == "vera"


def test_a_robot_has_no_account(admin: Person) -> None:
    assert Caller(headers={"x-api-key": admin.robot_token("arm-7")}).get("/api/v1/me").status_code == 403


def change(caller: Any, current: str, new: str, **more: Any) -> Any:
    return caller.post(PASSWORD_PATH, {"current_password": current, "new_password": new}, **more)


def test_a_changed_password_ends_every_other_login(viewer: Person) -> None:
    other = sign_in("vera").json()["access_token"]
    caller = viewer.caller
    assert change(caller, viewer.password, NEW).status_code == 200
    assert caller.get("/api/v1/me").status_code == 200
    assert bearer(other).get("/api/v1/me").status_code == 401
    assert sign_in("vera").status_code == 401
    assert sign_in("vera", NEW).status_code == 200


def test_the_browser_that_changed_it_stays_in_the_console_too(viewer: Person) -> None:
    browser = Caller()
    token = sign_in("vera", caller=browser).json()["csrf_token"]
    assert change(browser, viewer.password, NEW, headers={"x-csrf-token": token}).status_code == 200
    assert get_user(browser.get("/api/v1/me").wsgi_request).pk == viewer.id


def test_the_current_password_is_asked_for_and_its_guessing_counted(viewer: Person) -> None:
    caller = viewer.caller
    answers = [change(caller, f"Guess-Number-{n}", NEW).status_code for n in range(5)]
    assert answers == [403] * 5
    assert LoginLock.objects.get().account == "vera"
    assert change(caller, viewer.password, NEW).status_code == 429


@pytest.mark.parametrize("new", ["short", "alllowercase1", "Password123", "Vera-vera-99x", "", "X1" + "y" * 127])
def test_a_weak_new_password_is_refused(viewer: Person, new: str) -> None:
    assert change(viewer.caller, viewer.password, new).status_code == 400
    assert sign_in("vera").status_code == 200


def test_logins_are_listed_and_ended_one_by_one(viewer: Person, stranger: Person) -> None:
    here = viewer.caller
    there = sign_in("vera", headers={"user-agent": "Old\x00Phone \udcff"}).json()["access_token"]
    listed = here.get(LOGINS).json()
    assert [row["current"] for row in listed] == [False, True]
    assert listed[0]["agent"].startswith("Old") and listed[0]["address"] == "127.0.0.1"
    assert stranger.caller.delete(f"{LOGINS}/{listed[0]['id']}").status_code == 404
    assert here.delete(f"{LOGINS}/{listed[0]['id']}").status_code == 204
    assert bearer(there).get("/api/v1/me").status_code == 401
    assert len(here.get(LOGINS).json()) == 1
    assert here.delete(f"{LOGINS}/{uuid4()}").status_code == 404


def test_ended_and_expired_logins_are_not_listed(viewer: Person) -> None:
    caller = viewer.caller
    sign_in("vera")
    Login.objects.exclude(pk=viewer.signed_in.login.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert len(caller.get(LOGINS).json()) == 1


# --- The second factor ------------------------------------------------------------------------------------------------


def code_of(secret: str, steps: int = 0) -> str:
    return str(pyotp.TOTP(secret).at(timezone.now() + timedelta(seconds=30 * steps)))


@pytest.fixture
def enrolled(viewer: Person) -> tuple[Person, str, list[str]]:
    """Enrolled a while ago, so that the code of this moment is still fresh."""
    at = timezone.now() - timedelta(minutes=5)
    secret = second_factors.propose(user=viewer.user)
    code = pyotp.TOTP(secret).at(at)
    return viewer, secret, second_factors.confirm(actor=viewer.actor, user=viewer.user, code=code, at=at)


def test_enrolment_asks_for_a_code_before_it_counts(viewer: Person) -> None:
    caller = viewer.caller
    assert caller.put(FACTOR, {"otp": "123456"}).status_code == 404
    proposal = caller.post(FACTOR).json()
    assert proposal["uri"].startswith("otpauth://totp/RDOS:vera?secret=")
    assert caller.get(FACTOR).json() == {"enabled": False}
    assert sign_in("vera").status_code == 200
    assert caller.put(FACTOR, {"otp": "000000"}).status_code in (400, 401)
    answer = caller.put(FACTOR, {"otp": code_of(proposal["secret"])})
    assert len(set(answer.json()["recovery_codes"])) == 10
    assert caller.get(FACTOR).json() == {"enabled": True}
    assert proposal["secret"] not in SecondFactor.objects.get().secret
    assert JournalEntry.objects.filter(action="user.second_factor_on").exists()


def test_sign_in_then_needs_a_code(enrolled: tuple[Person, str, list[str]]) -> None:
    _, secret, _ = enrolled
    missing, wrong = sign_in("vera"), sign_in("vera", otp="000000")
    assert (missing.status_code, missing.json()["code"]) == (401, "second_factor_required")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_second_factor")
    assert sign_in("vera", otp=code_of(secret)).status_code == 200


def test_the_same_code_never_opens_twice(enrolled: tuple[Person, str, list[str]]) -> None:
    _, secret, _ = enrolled
    code = code_of(secret)
    assert [sign_in("vera", otp=code).status_code for _ in range(2)] == [200, 401]


def test_a_code_from_before_the_last_one_is_refused(enrolled: tuple[Person, str, list[str]]) -> None:
    _, secret, _ = enrolled
    assert sign_in("vera", otp=code_of(secret, 1)).status_code == 200
    assert sign_in("vera", otp=code_of(secret, 0)).status_code == 401


def test_the_code_of_enrolment_does_not_open(viewer: Person) -> None:
    caller = viewer.caller
    secret = caller.post(FACTOR).json()["secret"]
    code = code_of(secret)
    caller.put(FACTOR, {"otp": code})
    assert sign_in("vera", otp=code).status_code == 401


def test_a_phones_clock_may_be_one_step_off_and_no_more(enrolled: tuple[Person, str, list[str]]) -> None:
    _, secret, _ = enrolled
    assert sign_in("vera", otp=code_of(secret, 4)).status_code == 401
    assert sign_in("vera", otp=code_of(secret, 1)).status_code == 200


def test_a_recovery_code_opens_once(enrolled: tuple[Person, str, list[str]]) -> None:
    _, _, codes = enrolled
    assert [sign_in("vera", otp=codes[0].upper()).status_code for _ in range(2)] == [200, 401]
    assert sign_in("vera", otp=codes[1]).status_code == 200
    assert codes[2] not in str(RecoveryCode.objects.values())


def test_guessing_codes_locks_the_pair(enrolled: tuple[Person, str, list[str]]) -> None:
    for _ in range(5):
        sign_in("vera", otp="000000")
    assert LoginLock.objects.get().locked_until is not None


def test_turning_it_off_needs_the_password(enrolled: tuple[Person, str, list[str]]) -> None:
    viewer, _, _ = enrolled
    caller = viewer.caller
    assert caller.delete(FACTOR, {"password": "Wrong-Kettle-1"}).status_code == 403
    assert caller.delete(FACTOR, {"password": viewer.password}).status_code == 204
    assert sign_in("vera").status_code == 200
    assert not RecoveryCode.objects.exists()


def test_a_second_enrolment_waits_for_the_first_to_end(enrolled: tuple[Person, str, list[str]]) -> None:
    viewer, _, _ = enrolled
    assert viewer.caller.post(FACTOR).status_code == 409
