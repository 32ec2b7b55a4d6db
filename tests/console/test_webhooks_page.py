"""Webhooks in front of a person: their address, what came in, what was refused, and delivering again."""

from typing import Any

import pytest

from flows.models import Execution
from scheduling.models import Firing, Webhook
from scheduling.services import webhooks
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.flows import flow_of
from tests.console.starting import FIRINGS, WEBHOOKS, do, page_of, trigger_of
from tests.console.without_scripts import fields_of
from tests.people import Person
from tests.scheduling.hooking import Hook, signed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = f"{WEBHOOKS}add/"


def hook_of(who: Person, **said: Any) -> Hook:
    return Hook(trigger_of(who, "webhook", flow_of(who, "Books"), "Orders", **said))


def test_a_webhook_is_made_called_and_its_delivery_delivered_again(visit: Visit, developer: Person) -> None:
    flow_of(developer, "Books")
    browser = visit(developer)
    page = browser.go(WEBHOOKS)
    page.get_by_role("link", name="Add a webhook").press("Enter")
    page.get_by_label("Name").fill("Orders")
    page.get_by_text("What a delivery must be like").click()
    page.get_by_label("Content type").fill("application/json")
    page.get_by_role("button", name="Add it").press("Enter")
    browser.sees("Orders is there now")
    hook = Hook(Webhook.objects.get().trigger)
    assert page.locator("#address").inner_text().endswith(hook.path)
    page.mouse.move(5, 5)
    hook.call('{"order": 7}', "application/json")
    hook.call("no", "text/plain")
    browser.looks_again()
    refused = page.get_by_role("region", name="Refused")
    refused.get_by_text("takes application/json only").wait_for()
    page.get_by_role("region", name="Deliveries").get_by_role("button", name="Deliver again").press("Enter")
    browser.sees("It is delivered again. This is its run.")
    assert [run.input for run in Execution.objects.all()] == ['{"order": 7}'] * 2
    browser.is_content()


def test_its_address_is_shown_to_those_who_may_change_it(developer: Person, operator: Person) -> None:
    hook = hook_of(developer)
    for place in (WEBHOOKS, page_of(hook.trigger)):
        assert hook.token in at_desk(developer).get(place).content.decode()
        assert hook.token not in at_desk(operator).get(place).content.decode()


def test_a_new_address_is_asked_about_first(developer: Person, operator: Person) -> None:
    hook, desk = hook_of(developer), at_desk(developer)
    old = hook.token
    asked = desk.post(do(hook.trigger, "token")).content.decode()
    assert "The old address is gone at once" in asked and hook.token == old
    assert desk.post(do(hook.trigger, "token"), {"confirmed": "yes"}).status_code == 302
    assert webhooks.token_of(Webhook.objects.get()) != old
    assert at_desk(operator).post(do(hook.trigger, "token"), {"confirmed": "yes"}).status_code == 403


def test_conditions_are_written_and_a_secret_stays_secret(developer: Person) -> None:
    hook, desk = hook_of(developer), at_desk(developer)
    place = page_of(hook.trigger, "edit")
    said = {
        "secret": "Copper-Kettle", "required_headers": "X-Shop: graz\nX-Any:", "allowed_addresses": "203.0.113.0/24",
        "largest_kib": "64", "per_minute": "30", "replay_seconds": "2 min",
    }  # fmt: skip
    assert desk.post(place, fields_of(desk.get(place)) | said).status_code == 302
    row = Webhook.objects.get()
    assert row.required_headers == {"x-shop": "graz", "x-any": ""}
    assert (row.allowed_addresses, row.largest_body, row.per_minute) == (["203.0.113.0/24"], 65536, 30)
    assert row.replay_seconds == 120
    form = desk.get(place)
    assert (
        "Copper-Kettle" not in form.content.decode()
        and "Copper-Kettle" not in desk.get(page_of(hook.trigger)).content.decode()
    )
    assert hook.call("a", x_shop="graz", x_any="1", **signed("Copper-Kettle", "a")).status_code == 200
    desk.post(place, fields_of(form))
    assert hook.call("b", x_shop="graz", x_any="1").status_code == 401
    desk.post(place, fields_of(desk.get(place)) | {"no_secret": "on"})
    assert hook.call("c", x_shop="graz", x_any="1").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("allowed_addresses", "nowhere", "no address and no network"),
        ("replay_seconds", "0 s", "From 1 s"),
        ("largest_kib", "0", "greater than or equal to 1"),
        ("required_headers", ": x", "Names have 1"),
    ],
)
def test_a_wrong_condition_is_told_beside_its_field(developer: Person, field: str, value: str, sentence: str) -> None:
    flow_of(developer)
    desk = at_desk(developer)
    answer = desk.post(ADD, fields_of(desk.get(ADD)) | {"name": "Odd", field: value})
    assert sentence in " ".join(answer.context["form"].errors.get(field, [])), answer.context["form"].errors
    assert not Webhook.objects.exists()


def test_the_log_is_filtered_and_deliveries_are_sent_again_from_it(developer: Person, viewer: Person) -> None:
    hook, desk = hook_of(developer, content_type="text/plain"), at_desk(developer)
    hook.call("one")
    hook.call("two", "application/json")
    taken, refused = Firing.objects.get(outcome="started"), Firing.objects.get(outcome="refused")

    def found(**filters: str) -> set[Any]:
        return {row.pk for row in desk.get(FIRINGS, filters).context["cl"].result_list}

    both = {taken.pk, refused.pk}
    assert found() == found(trigger=str(hook.trigger.pk)) == found(period="hour") == found(source="webhook") == both
    assert found(outcome="refused") == {refused.pk}
    assert found(flow=str(flow_of(developer, "Other").pk)) == found(source="clock") == set()
    chosen = {"action": "deliver_again", "_selected_action": [str(taken.pk), str(refused.pk)], "confirmed": "yes"}
    assert at_desk(viewer).post(FIRINGS, chosen | {"index": "0"}).status_code in (200, 302)
    assert Execution.objects.count() == 1
    page = desk.post(FIRINGS, chosen | {"index": "0"}, follow=True).content.decode()
    assert f"Orders at {taken.fired_at:%Y-%m-%d %H:%M:%S}: delivered again." in page
    assert "Nothing of this delivery is left" in page
    assert Execution.objects.count() == 2


def test_a_firing_tells_what_came_with_it_without_secrets(developer: Person) -> None:
    hook = hook_of(developer)
    hook.call("x", x_delivery_id="shop-1", authorization="Bearer Hidden-Word-1")
    firing = Firing.objects.get()
    page = at_desk(developer).get(f"{FIRINGS}{firing.pk}/change/").content.decode()
    assert "shop-1" in page and "Hidden-Word" not in page
    assert f"/console/flows/execution/{firing.execution_id}/change/" in page


def test_null_characters_are_refused_wherever_they_are_written(developer: Person) -> None:
    flow_of(developer)
    desk = at_desk(developer)
    for field in ("name", "secret", "required_headers", "allowed_addresses", "content_type", "environment"):
        answer = desk.post(ADD, fields_of(desk.get(ADD)) | {"name": "Odd", field: "x: a\0b"})
        assert "Null characters are not allowed." in answer.context["form"].errors.get(field, []), field
    assert desk.get(WEBHOOKS, {"q": "a\0b", "state": "\0", "flow": "\0"}).status_code == 200
