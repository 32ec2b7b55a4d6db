"""What a webhook asks of its callers, and how those are counted whom it refuses."""

from ipaddress import ip_network

import pytest
from pytest_django import Settings

from rdos.kernel.errors import TooLarge
from scheduling.models import Firing
from scheduling.services.deliveries import Delivery, body_of
from tests.people import Caller, Person
from tests.scheduling.hooking import ADDRESS, hook_by


def test_a_body_over_the_limit_is_refused_and_one_of_that_size_is_not(developer: Person) -> None:
    hook = hook_by(developer, largest_body=10)
    assert hook.call("x" * 10).status_code == 200
    answer = hook.call("x" * 11)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert len(hook.runs()) == 1


def test_of_a_body_over_the_limit_no_more_is_read_than_shows_it() -> None:
    read: list[int] = []

    def source(most: int) -> bytes:
        read.append(most)
        return b"x" * most

    with pytest.raises(TooLarge):
        body_of(Delivery({"content-length": "11"}, {}, "", source), 10)
    assert read == []
    with pytest.raises(TooLarge):
        body_of(Delivery({}, {}, "", source), 10)
    assert read == [11]


def test_only_the_wanted_type_is_taken(developer: Person) -> None:
    hook = hook_by(developer, content_type="application/json")
    assert hook.call("{}", "Application/JSON; charset=utf-8").status_code == 200
    for kind in ("text/plain", "application/json5", ""):
        assert hook.call("{}", kind).status_code == 415


def test_a_header_that_is_required_must_be_there_with_its_value(developer: Person) -> None:
    hook = hook_by(developer, required_headers={"X-Shop": "Berlin", "X-Any": ""})
    assert hook.call(x_shop="Berlin", x_any="thing").status_code == 200
    for headers in ({}, {"x_shop": "Berlin"}, {"x_shop": "Bonn", "x_any": "1"}, {"x_shop": "Berli\xf1", "x_any": "1"}):
        assert hook.call(**headers).status_code == 403
    (run,) = hook.runs()
    assert run.came_with["headers"]["x-shop"] == "(hidden)" and run.came_with["headers"]["x-any"] == "thing"


def test_only_allowed_addresses_may_call(developer: Person, settings: Settings) -> None:
    hook = hook_by(developer, allowed_addresses=["203.0.113.0/24", "2001:db8::/32"])

    def status(address: str, forwarded: str = "", path: str = hook.path) -> int:
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        return int(Caller().post(path, "", headers=headers, REMOTE_ADDR=address).status_code)

    assert (status(ADDRESS), status("2001:db8::7"), status("198.51.100.7")) == (200, 200, 403)
    # Anybody may claim to come from elsewhere; only our own proxies are believed.
    assert status("198.51.100.7", ADDRESS) == 403
    settings.TRUSTED_PROXIES = [ip_network("198.51.100.7/32")]
    assert status("198.51.100.7", ADDRESS) == 200
    assert status("198.51.100.7", f"{ADDRESS}, 192.0.2.1") == 403
    assert Caller().get(f"{hook.path}/test", REMOTE_ADDR="192.0.2.1").status_code == 403


def test_too_many_calls_a_minute_are_told_to_wait(developer: Person) -> None:
    hook, other = hook_by(developer, per_minute=3), hook_by(developer, per_minute=3)
    statuses = [hook.call().status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    answer = hook.call()
    assert 0 < answer.json()["retry_after"] <= 60 and int(answer["Retry-After"]) == answer.json()["retry_after"]
    assert other.call().status_code == 200


def test_refusals_are_counted_by_reason_and_hour_and_keep_no_body(developer: Person) -> None:
    hook = hook_by(developer, content_type="application/json", largest_body=10)
    for _ in range(20):
        hook.call("something secret")
    for _ in range(3):
        hook.call('{"secret": 1}', "application/json")
    by_code = {one.details["code"]: one for one in hook.firings()}
    assert {code: one.times for code, one in by_code.items()} == {"content_type_refused": 20, "too_large": 3}
    refused = by_code["content_type_refused"]
    assert (refused.outcome, refused.source, refused.execution_id) == ("refused", "webhook", None)
    assert (refused.reason, refused.details["address"]) == ("This webhook takes application/json only.", ADDRESS)
    assert not any("secret" in str((one.input, one.details, one.reason)) for one in by_code.values())


def test_whoever_does_not_know_the_token_leaves_no_trace_in_the_log(developer: Person) -> None:
    hook = hook_by(developer, secret="a-secret")
    hook.call(path=hook.path[:-1])
    hook.call(path=hook.path_by_id)
    hook.call(path=hook.path_by_id, authorization="Bearer wrong")
    hook.call(path=hook.path_by_id, x_webhook_timestamp="1", x_webhook_signature="sha256=00")
    assert not Firing.objects.exists()


@pytest.mark.parametrize("wait", ["-1", "31", "soon", "nan", "inf", ""])
def test_a_strange_wish_to_wait_is_refused_and_starts_nothing(developer: Person, wait: str) -> None:
    hook = hook_by(developer)
    assert hook.call(path=f"{hook.path}?wait={wait}").status_code == 400
    assert hook.runs() == []
