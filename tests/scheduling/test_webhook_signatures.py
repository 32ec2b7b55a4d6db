"""Signed deliveries, and the address by id that needs them."""

import hmac
from hashlib import sha256

import pytest

from rdos.kernel.clock import database_now
from tests.people import Person
from tests.scheduling.hooking import Hook, hook_by, run_of, signed

SECRET = "a secret of both sides"
BODY = '{"order": 7}'


@pytest.fixture
def hook(developer: Person) -> Hook:
    return hook_by(developer, secret=SECRET)


def test_a_delivery_is_signed_over_its_timestamp_and_its_body(hook: Hook) -> None:
    """Written out once as the documentation says it, and by no function of the hub."""
    moment = str(int(database_now().timestamp()))
    signature = hmac.new(SECRET.encode(), f"{moment}.{BODY}".encode(), sha256).hexdigest()
    answer = hook.call(BODY, x_webhook_timestamp=moment, x_webhook_signature=f"sha256={signature}")
    run = run_of(answer)
    assert run.input == BODY
    assert signature not in str(run.came_with)


def test_bodies_that_are_no_text_are_signed_as_they_are(hook: Hook) -> None:
    raw = b"\xff\x00\xfe"
    assert run_of(hook.call(raw, **signed(SECRET, raw))).input is None


def test_what_is_signed_otherwise_is_refused(hook: Hook) -> None:
    good = signed(SECRET, BODY)
    bad = [
        {},
        {"x_webhook_timestamp": good["x_webhook_timestamp"]},
        {"x_webhook_signature": good["x_webhook_signature"]},
        signed("another secret", BODY),
        signed(SECRET, BODY + " "),
        good | {"x_webhook_timestamp": good["x_webhook_timestamp"] + "0"},
        good | {"x_webhook_signature": "sha256="},
        good | {"x_webhook_signature": "sha512=" + good["x_webhook_signature"][7:]},
        good | {"x_webhook_signature": "sha256=\xe9\xff"},
        good | {"x_webhook_signature": good["x_webhook_signature"][:-1]},
    ]
    assert [hook.call(BODY, **headers).status_code for headers in bad] == [401] * len(bad)
    assert hook.runs() == []
    assert hook.call(BODY, **good).status_code == 200


@pytest.mark.parametrize("ago", [301, 10**9, -301])
def test_a_timestamp_too_far_from_now_is_refused_however_well_signed(hook: Hook, ago: float) -> None:
    answer = hook.call(BODY, **signed(SECRET, BODY, ago))
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_timestamp")
    assert hook.call(BODY, **signed(SECRET, BODY, ago / abs(ago) * 290)).status_code == 200


@pytest.mark.parametrize("moment", ["", "now", "1e9", "-1", "NaN", "inf", "9" * 400, "١٧٠٠٠٠٠٠٠٠"])
def test_a_timestamp_that_is_none_is_refused(hook: Hook, moment: str) -> None:
    signature = hmac.new(SECRET.encode(), f"{moment}.{BODY}".encode(), sha256).hexdigest()
    headers = {"x_webhook_timestamp": moment, "x_webhook_signature": signature}
    assert hook.call(BODY, **headers).status_code == 401


def test_the_window_is_the_webhooks_own(developer: Person) -> None:
    hook = hook_by(developer, secret=SECRET, replay_seconds=20)
    statuses = [hook.call(BODY, **signed(SECRET, BODY, ago)).status_code for ago in (10, 30)]
    assert statuses == [200, 401]


def test_a_replayed_delivery_starts_nothing_a_second_time(hook: Hook) -> None:
    good = signed(SECRET, BODY)
    first, again = (hook.call(BODY, **good).json()["executionId"] for _ in range(2))
    assert first == again and len(hook.runs()) == 1


def test_a_replay_under_another_name_is_refused(hook: Hook) -> None:
    good = signed(SECRET, BODY)
    assert hook.call(BODY, **good, x_delivery_id="1").status_code == 200
    answer = hook.call(BODY, **good, x_delivery_id="2")
    assert (answer.status_code, answer.json()["code"]) == (409, "signature_used")
    assert len(hook.runs()) == 1


def test_a_sender_that_tries_again_signs_anew_under_the_same_name(hook: Hook) -> None:
    ids = {hook.call(BODY, **signed(SECRET, BODY, ago), x_delivery_id="1").json()["executionId"] for ago in (9, 5, 1)}
    assert len(ids) == 1


def test_an_id_alone_opens_nothing(developer: Person) -> None:
    hook = hook_by(developer)
    assert hook.call(path=hook.path_by_id).status_code == 401
    last = "A" if hook.token[-1] != "A" else "B"
    for shown in ("Bearer", "Bearer wrong", f"Bearer {hook.token[:-1]}{last}", f"Basic {hook.token}"):
        assert hook.call(path=hook.path_by_id, authorization=shown).status_code == 401
    # Nor does a signature, where none was agreed on.
    assert hook.call(BODY, path=hook.path_by_id, **signed("", BODY)).status_code == 401
    assert hook.runs() == []


def test_the_token_as_a_bearer_opens_the_address_by_id(developer: Person) -> None:
    hook = hook_by(developer)
    run = run_of(hook.call("hello", path=hook.path_by_id, authorization=f"Bearer {hook.token}"))
    assert run.input == "hello" and hook.token not in str(run.came_with)


def test_a_signature_opens_the_address_by_id(hook: Hook) -> None:
    assert run_of(hook.call(BODY, path=hook.path_by_id, **signed(SECRET, BODY))).input == BODY
    assert hook.call(BODY, path=hook.path_by_id, **signed("wrong", BODY)).status_code == 401


def test_the_token_does_not_replace_an_agreed_signature(hook: Hook) -> None:
    assert hook.call(BODY).status_code == 401
    assert hook.call(BODY, path=hook.path_by_id, authorization=f"Bearer {hook.token}").status_code == 401


def test_a_persons_own_credentials_are_no_token(hook: Hook, developer: Person) -> None:
    bearer = f"Bearer {developer.signed_in.access_token}"
    assert hook.call(path=hook.path_by_id, authorization=bearer).status_code == 401


def test_what_comes_by_id_and_by_token_is_one_delivery(developer: Person) -> None:
    hook = hook_by(developer)
    first = hook.call(x_delivery_id="1").json()["executionId"]
    bearer = f"Bearer {hook.token}"
    second = hook.call(path=hook.path_by_id, authorization=bearer, x_delivery_id="1").json()["executionId"]
    assert first == second
