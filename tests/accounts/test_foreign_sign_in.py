"""Sign-in by tokens of somebody else's service, word by word as BloxServer's clients know it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services import jwks
from tests.accounts.issuer import Issuer, made_key, serving
from tests.people import Caller, MakePerson, Person, bearer, sign_in

ME, OWN = "/bloxserver/api/v1/auth/me", "/bloxserver/api/v1/me"


@pytest.fixture
def issuer(db: None, settings: Settings) -> Iterator[Issuer]:
    with serving() as issuer:
        settings.CLERK_ISSUER = issuer.address
        settings.OUTGOING_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        yield issuer


def let_time_pass(issuer: Issuer, seconds: float) -> None:
    jwks._sets[issuer.address].asked_at -= seconds


def test_the_first_visit_makes_a_developer_who_sees_no_nodes(issuer: Issuer) -> None:
    token = issuer.token(sub="user_2abc", email="ann@example.org", name="Ann", image_url="https://img.example/a.png")
    body = bearer(token).get(OWN).json()
    assert body["clerkId"] == "user_2abc"
    assert (body["email"], body["name"], body["avatarUrl"]) == ("ann@example.org", "Ann", "https://img.example/a.png")
    assert (body["role"], body["tier"], body["allowedNodeIds"]) == ("developer", "free", [])
    assert body["createdAt"].endswith("Z")


def test_the_second_visit_finds_the_same_user(issuer: Issuer) -> None:
    caller = bearer(issuer.token())
    assert caller.get(OWN).json()["id"] == caller.get(OWN).json()["id"]
    assert User.objects.count() == 1


def test_without_an_e_mail_claim_the_subject_stands_in(issuer: Issuer) -> None:
    assert bearer(issuer.token(sub="user_9")).get(OWN).json()["email"] == "user_9@unknown"


def test_the_token_opens_the_root_as_well(issuer: Issuer) -> None:
    assert bearer(issuer.token()).get("/api/v1/auth/me").json()["kind"] == "user"


def stranger_key(issuer: Issuer) -> str:
    return issuer.token(key=made_key("stranger"))


def unsigned_by_us(issuer: Issuer) -> str:
    return jwt.encode({"sub": "x", "exp": int(time.time()) + 60}, "k" * 40, "HS256", headers={"kid": "first"})


CASES: list[tuple[str, Callable[[Issuer], str], str]] = [
    ("expired", lambda issuer: issuer.token(exp=1_000_000_000), "Token has expired"),
    ("wrong issuer", lambda issuer: issuer.token(iss="https://else.example"), "Invalid token: Invalid issuer"),
    ("bad signature", stranger_key, "Invalid token: Signature verification failed"),
    ("HS256", unsigned_by_us, "Invalid token: The specified alg value is not allowed"),
    ("garbage", lambda issuer: "garbage", "Invalid token: Not enough segments"),
    ("an audience nobody asked for", lambda issuer: issuer.token(aud="app"), "Invalid token: Invalid audience"),
    ("no subject", lambda issuer: issuer.token(sub=None), "Invalid token: missing subject"),
    ("half a letter", lambda issuer: issuer.token(sub="user_\ud800"), "Invalid token: missing subject"),
    ("NUL", lambda issuer: issuer.token(sub="user\x00"), "Invalid token: missing subject"),
    ("no expiry", lambda issuer: issuer.token(exp=None), 'Invalid token: Token is missing the "exp" claim'),
]


@pytest.mark.parametrize(("token", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_bad_token_is_refused_in_the_contracts_words(
    issuer: Issuer, token: Callable[[Issuer], str], words: str
) -> None:
    response = bearer(token(issuer)).get(ME)
    assert (response.status_code, response.json()["detail"]) == (401, words)
    assert response.json()["message"] == words
    assert response["WWW-Authenticate"] == "Bearer"
    assert not User.objects.exists()


def test_no_token_is_refused_in_the_contracts_words(issuer: Issuer) -> None:
    response = Caller().get(ME)
    assert (response.status_code, response.json()["detail"]) == (401, "Missing authentication token")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_configured_audience_must_be_in_the_token(issuer: Issuer, settings: Settings) -> None:
    settings.CLERK_AUDIENCE = "hub"
    assert bearer(issuer.token(aud="hub")).get(ME).status_code == 200
    missing, other = bearer(issuer.token()).get(ME), bearer(issuer.token(aud="else")).get(ME)
    assert missing.json()["detail"] == 'Invalid token: Token is missing the "aud" claim'
    assert other.json()["detail"] == "Invalid token: Invalid audience"


def test_an_unknown_key_is_401_and_not_a_failure(issuer: Issuer) -> None:
    issuer.new_key("hidden")
    token = issuer.token(kid="hidden")
    del issuer.keys["hidden"]
    response = bearer(token).get(ME)
    assert (response.status_code, response.json()["detail"]) == (401, "Invalid token: unknown signing key")


def test_the_keys_are_fetched_once(issuer: Issuer) -> None:
    caller = bearer(issuer.token())
    assert {caller.get(ME).status_code for _ in range(5)} == {200}
    assert issuer.asked == ["/.well-known/jwks.json"]


def test_made_up_key_ids_do_not_make_the_hub_ask_again_and_again(issuer: Issuer) -> None:
    bearer(issuer.token()).get(ME)
    issuer.new_key("made-up")
    forged = [jwt.encode({"sub": "x"}, issuer.keys["made-up"], "RS256", headers={"kid": f"k{n}"}) for n in range(5)]
    del issuer.keys["made-up"]
    assert {bearer(token).get(ME).status_code for token in forged} == {401}
    assert len(issuer.asked) == 1


def test_a_new_key_is_found_and_an_old_one_forgotten(issuer: Issuer) -> None:
    old = issuer.token()
    assert bearer(old).get(ME).status_code == 200
    issuer.new_key("second")
    del issuer.keys["first"]
    let_time_pass(issuer, 61)
    assert bearer(issuer.token(kid="second")).get(ME).status_code == 200
    assert bearer(old).get(ME).status_code == 401
    assert len(issuer.asked) == 2


def test_a_silent_issuer_shuts_nobody_out_whose_key_is_known(issuer: Issuer) -> None:
    token = issuer.token()
    bearer(token).get(ME)
    issuer.status = 500
    let_time_pass(issuer, 3601)
    assert bearer(token).get(ME).status_code == 200


def test_an_issuer_that_never_answered_is_503_and_not_the_callers_fault(issuer: Issuer) -> None:
    issuer.status = 500
    caller = bearer(issuer.token())
    assert [caller.get(ME).status_code for _ in range(3)] == [503, 503, 503]
    assert len(issuer.asked) == 1
    issuer.status = 200
    let_time_pass(issuer, 6)
    assert caller.get(ME).status_code == 200


def test_a_local_account_is_not_taken_over_by_its_e_mail(issuer: Issuer, admin: Person) -> None:
    body = bearer(issuer.token(sub="user_thief", email="ALICE@example.org")).get(OWN).json()
    assert body["id"] != str(admin.id)
    assert (body["role"], body["email"]) == ("developer", "user_thief@unknown")


def test_a_local_account_is_not_taken_over_by_its_name(issuer: Issuer, make_person: MakePerson) -> None:
    first = bearer(issuer.token(sub="user_a")).get(OWN).json()
    User.objects.all().update(clerk_id=None)
    response = bearer(issuer.token(sub="user_a")).get(OWN)
    assert response.status_code == 409
    assert User.objects.get().pk == User.objects.get(pk=first["id"]).pk


def test_subjects_that_look_alike_are_two_people(issuer: Issuer) -> None:
    subjects = ["auth0|ab", "auth0ab", "x" * 200, "x" * 199, "…", "ß"]
    ids = {bearer(issuer.token(sub=subject)).get(OWN).json()["id"] for subject in subjects}
    assert len(ids) == len(subjects)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": 5},
        {"email": "x" * 500},
        {"name": ["a"]},
        {"name": "a\x00\ud800b"},
        {"image_url": "javascript:alert(1)"},
        {"image_url": "https://" + "i" * 900},
    ],
)
def test_odd_claims_make_no_failure(issuer: Issuer, claims: dict[str, Any]) -> None:
    body = bearer(issuer.token(**claims)).get(OWN).json()
    assert (body["avatarUrl"] or "https://").startswith("https://")


def test_a_deactivated_foreigner_stays_outside(issuer: Issuer) -> None:
    caller = bearer(issuer.token())
    caller.get(ME)
    User.objects.update(is_active=False)
    assert caller.get(ME).status_code == 401


def test_our_own_tokens_open_beside_the_issuers(issuer: Issuer, admin: Person) -> None:
    assert bearer(sign_in("alice", prefix="/bloxserver").json()["accessToken"]).get(ME).status_code == 200
    assert bearer(admin.token()).get(ME).status_code == 200
    assert bearer(admin.robot_token("arm-7")).get(ME).status_code == 200


def test_without_an_issuer_foreign_tokens_are_nothing(issuer: Issuer, settings: Settings) -> None:
    settings.CLERK_ISSUER = ""
    assert bearer(issuer.token()).get(ME).status_code == 401
    assert issuer.asked == []


def test_an_issuer_inside_our_network_is_not_called_unless_allowed(issuer: Issuer, settings: Settings) -> None:
    settings.OUTGOING_ALLOWED_NETWORKS = []
    assert bearer(issuer.token()).get(ME).status_code == 503
    assert issuer.asked == []
