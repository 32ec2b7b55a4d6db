"""A call from outside starts a flow: what is answered, what the run is given, and that it is taken once."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from flows.models import Execution, Flow
from flows.services import claiming
from rdos.kernel.api.accents import ACCENTS
from rdos.kernel.clock import database_now
from rdos.kernel.secrecy import HIDDEN, mask_text
from scheduling.errors import WebhookNotFound
from scheduling.services import hooks, receiving, triggers, webhooks
from scheduling.services.deliveries import Delivery
from tests.flows.story import flow_that_runs, robot_named
from tests.people import Caller, Person
from tests.scheduling.hooking import ADDRESS, Hook, hook_by, run_of


@pytest.fixture
def hook(developer: Person) -> Hook:
    return hook_by(developer)


@pytest.mark.parametrize("prefix", ["", *(f"/{name}" for name in ACCENTS)])
def test_a_call_is_answered_in_the_words_of_bloxserver_in_every_accent(hook: Hook, prefix: str) -> None:
    answer = hook.call("hello", path=prefix + hook.path)
    assert answer.status_code == 200
    (run,) = hook.runs()
    assert answer.json() == {
        "status": "accepted",
        "executionId": str(run.pk),
        "message": "Webhook received and execution started",
    }
    assert (run.input, run.status, run.trigger_type, run.created_by_kind) == ("hello", "queued", "webhook", "webhook")


@pytest.mark.parametrize(
    ("body", "kind", "kept"),
    [
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        (b"a=1&b=2", "application/x-www-form-urlencoded", "a=1&b=2"),
        (b"--x\r\nnot a form", "multipart/form-data; boundary=x", "--x\r\nnot a form"),
        ("Grüße €".encode(), "text/plain", "Grüße €"),
        (b"  spaces stay \n", "", "  spaces stay \n"),
        (b"", "text/plain", None),
        (b"\xff\xfe\x00binary", "application/octet-stream", None),
        ("Grüße".encode("latin-1"), "text/plain; charset=latin-1", None),
        (b"a\x00b", "text/plain", "a\ufffdb"),
    ],
)
def test_the_body_is_kept_as_text_whatever_its_type(hook: Hook, body: bytes, kind: str, kept: str | None) -> None:
    assert run_of(hook.call(body, kind)).input == kept


def test_a_client_of_bloxserver_reads_back_the_very_body(developer: Person) -> None:
    flow = flow_that_runs(owner=developer.user, access="private")
    run = run_of(hook_by(developer, flow).call('{"a":  1}', "application/json"))
    told = developer.caller.get(f"/bloxserver/api/v1/flows/{flow.pk}/executions/{run.pk}").json()
    assert (told["inputPayload"], told["triggerType"], told["triggerId"]) == (
        '{"a":  1}', "webhook", str(run.trigger_id),
    )  # fmt: skip


def test_headers_and_query_reach_the_run_beside_the_body_without_secrets(hook: Hook) -> None:
    path = f"{hook.path}?source=shop&tag=a&tag=b&api_key=geheim&wait=0"
    answer = hook.call(
        '{"n": 3}', "application/json; charset=utf-8", path,
        X_Shop="Berlin", Authorization="Bearer geheim", Cookie="session=geheim", X_Hub_Signature_256="geheim",
    )  # fmt: skip
    run = run_of(answer)
    (firing,) = hook.firings()
    assert run.came_with == firing.details
    with_it = run.came_with
    assert "geheim" not in str(with_it)
    assert (with_it["address"], with_it["content_type"]) == (ADDRESS, "application/json")
    assert with_it["headers"]["x-shop"] == "Berlin"
    assert {with_it["headers"][name] for name in ("authorization", "cookie", "x-hub-signature-256")} == {HIDDEN}
    assert with_it["query"] == {"source": "shop", "tag": ["a", "b"], "api_key": HIDDEN}
    (grant,) = claiming.claim(robot=robot_named("bot"), at=database_now())
    assert claiming.variables_of(grant) == {"n": 3, "webhook": with_it}


def test_a_body_cannot_pretend_what_it_came_with(hook: Hook) -> None:
    hook.call('{"webhook": {"address": "10.0.0.1"}}')
    (grant,) = claiming.claim(robot=robot_named("bot"), at=database_now())
    assert claiming.variables_of(grant)["webhook"]["address"] == ADDRESS


def test_a_firing_says_what_came_of_the_call(hook: Hook) -> None:
    run = run_of(hook.call("hello"))
    (firing,) = hook.firings()
    assert (firing.source, firing.outcome, firing.execution_id) == ("webhook", "started", run.pk)
    assert firing.input is None


def test_a_token_that_differs_in_one_character_opens_nothing(hook: Hook) -> None:
    last = "A" if hook.token[-1] != "A" else "B"
    for wrong in (hook.token[:-1] + last, hook.token[:-1], hook.token + "A", hook.token.swapcase(), "x", "%00"):
        for answer in (hook.call(path=f"/webhooks/{wrong}"), Caller().get(f"/webhooks/{wrong}/test")):
            assert (answer.status_code, answer.json()["detail"]) == (404, "Webhook not found")
    assert hook.runs() == [] and hook.firings() == []


def test_the_old_address_is_gone_as_soon_as_there_is_a_new_one(hook: Hook, developer: Person) -> None:
    old = hook.path
    hook.trigger = webhooks.regenerate(actor=developer.actor, pk=hook.trigger.pk)
    assert (hook.call(path=old).status_code, hook.call().status_code) == (404, 200)


@pytest.mark.parametrize("status", ["stopped", "starting", "stopping", "error"])
def test_a_flow_that_does_not_run_is_not_started(hook: Hook, status: str) -> None:
    Flow.objects.update(status=status)
    answer = hook.call("hello")
    assert (answer.status_code, answer.json()["detail"]) == (400, f"Flow is not running (status: {status})")
    assert hook.runs() == []


def test_a_switched_off_webhook_starts_nothing(developer: Person) -> None:
    hook = hook_by(developer, is_enabled=False)
    assert (hook.call().status_code, hook.runs()) == (409, [])


def test_whoever_may_not_start_the_flow_does_not_by_their_webhook_either(hook: Hook, developer: Person) -> None:
    developer.user.role = "viewer"
    developer.user.save()
    answer = hook.call()
    assert (answer.status_code, hook.runs()) == (403, [])
    assert developer.name not in answer.content.decode()


def test_the_test_address_tells_and_never_starts(hook: Hook) -> None:
    Flow.objects.update(status="stopped")
    answer = Caller().get(f"{hook.path}/test")
    assert answer.json() == {
        "valid": True, "triggerName": "Orders come in", "flowName": "Invoices", "flowStatus": "stopped",
    }  # fmt: skip
    assert hook.runs() == [] and hook.firings() == []


@pytest.mark.parametrize("name", ["stripe", "clerk"])
def test_the_addresses_of_payment_services_are_kept_free(db: None, name: str) -> None:
    answer = Caller().post(f"/webhooks/{name}", "{}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_billing")


def test_other_methods_are_refused(hook: Hook) -> None:
    caller = Caller()
    for method in ("get", "put", "patch", "delete"):
        assert getattr(caller, method)(hook.path).status_code == 405
    assert caller.post(f"{hook.path}/test").status_code == 405


@pytest.mark.parametrize(
    "header", ["X-Delivery-Id", "X-GitHub-Delivery", "Idempotency-Key", "Webhook-Id", "X-Gitlab-Event-UUID"]
)
def test_the_same_delivery_is_the_same_execution(hook: Hook, header: str) -> None:
    first, second = (hook.call("hello", **{header: "7-a"}) for _ in range(2))
    assert first.json()["executionId"] == second.json()["executionId"]
    assert (second.status_code, second.json()["status"]) == (200, "accepted")
    other = hook.call("hello", **{header: "7-b"})
    assert other.json()["executionId"] != first.json()["executionId"]
    assert (len(hook.runs()), len(hook.firings())) == (2, 2)


def test_long_names_of_deliveries_are_told_apart(hook: Hook) -> None:
    names = ["x" * 300 + "1", "x" * 300 + "2", "x" * 300 + "1"]
    ids = [hook.call(x_delivery_id=name).json()["executionId"] for name in names]
    assert ids[0] == ids[2] != ids[1]


def test_two_webhooks_may_get_deliveries_of_the_same_name(hook: Hook, developer: Person) -> None:
    other = hook_by(developer, hook.trigger.flow)
    ids = {one.call(x_delivery_id="1").json()["executionId"] for one in (hook, other)}
    assert len(ids) == 2


def test_what_was_taken_is_not_refused_when_it_comes_again_later(hook: Hook, developer: Person) -> None:
    first = hook.call("hello", x_delivery_id="1").json()["executionId"]
    triggers.switch(actor=developer.actor, pk=hook.trigger.pk, on=False, at=database_now())
    assert hook.call("hello", x_delivery_id="1").json()["executionId"] == first
    assert hook.call("hello", x_delivery_id="2").status_code == 409


def test_a_refused_delivery_may_be_sent_again(hook: Hook) -> None:
    Flow.objects.update(status="stopped")
    assert hook.call("hello", x_delivery_id="1").status_code == 400
    Flow.objects.update(status="running")
    assert run_of(hook.call("hello", x_delivery_id="1")).input == "hello"


def test_a_webhook_whose_runs_fail_switches_itself_off(developer: Person) -> None:
    hook = hook_by(developer, pause_after_failures=1)
    run = run_of(hook.call())
    run.status, run.completed_at = "failed", database_now()
    run.save()
    assert hook.call().status_code == 409
    hook.trigger.refresh_from_db()
    assert (hook.trigger.is_enabled, hook.trigger.paused_reason) == (False, "1 runs in a row failed.")


def test_a_log_never_shows_the_address(hook: Hook) -> None:
    assert hook.token not in mask_text(f"POST {hook.path}?x=1 answered 500")


def test_strange_things_beside_the_body_are_survived(hook: Hook) -> None:
    path = f"{hook.path}?%00=%00&a=%ff&" + "&".join(f"n{place}=1" for place in range(500))
    odd: dict[str, Any] = {f"x-{place}": "v" * 3000 for place in range(100)}
    run = run_of(hook.call("x", "no/such; type=\x7f", path, **odd))
    assert len(run.came_with["headers"]) <= 60
    assert max(len(value) for value in run.came_with["headers"].values()) <= 1000


def test_an_address_by_an_id_that_nobody_has_is_not_found(db: None) -> None:
    assert Caller().post(f"/hooks/{uuid4()}").status_code == 404
    assert Caller().post("/hooks/nonsense").status_code == 404


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite needs a transaction and more statements")
def test_a_call_costs_one_read_and_one_write(hook: Hook, django_assert_num_queries: Any) -> None:
    hook.call("hello")
    with django_assert_num_queries(2):
        assert hook.call("hello", x_delivery_id="1").status_code == 200


def test_a_webhook_that_is_removed_meanwhile_is_not_found(transactional_db: None, developer: Person) -> None:
    for said in ({}, {"content_type": "application/json"}):
        hook = hook_by(developer, **said)
        found = hooks.by_token(hook.token)
        triggers.delete(actor=developer.actor, pk=hook.trigger.pk)
        with pytest.raises(WebhookNotFound):
            receiving.receive(found, Delivery({}, {}, ADDRESS, lambda most: b"hello"))
    assert not Execution.objects.exists()
