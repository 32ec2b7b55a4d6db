"""Signing in, in both manners at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from tests.people import Person, sign_in

CASARE_KEYS = {"access_token", "refresh_token", "token_type", "expires_in"}
BILBYCAST_KEYS = {"success", "csrf_token", "user", "error"}


def test_one_answer_serves_programs_and_browsers(viewer: Person) -> None:
    response = sign_in("vera")
    body = response.json()
    assert response.status_code == 200
    assert set(body) == CASARE_KEYS | BILBYCAST_KEYS
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["success"] is True
    assert body["error"] is None
    assert body["user"]["username"] == "vera"
    assert body["user"]["last_login_at"].endswith("Z")
