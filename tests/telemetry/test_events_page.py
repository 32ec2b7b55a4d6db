"""Events in the console: what waits, and the button that acknowledges it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telemetry.models import Event
from tests.console.browsing import session_of
from tests.people import Person
from tests.telemetry.telling import node, says, see_only

pytestmark = pytest.mark.django_db
PAGE = "/console/telemetry/event/"


def signed_in(client: Client, person: Person) -> Client:
    client.cookies["session"] = session_of(person)
    return client


def shown(client: Client, query: str = "") -> str:
    response = client.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    return str(response.content.decode().partition("result_list")[2])


def acknowledge(client: Client, *events: Event) -> Any:
    data = {"action": "acknowledge", "_selected_action": [event.pk for event in events]}
    return client.post(PAGE, data, follow=True)


def test_what_waits_is_told_on_the_front_page_and_opens_its_rows(client: Client, viewer: Person) -> None:
    arm = node()
    says(arm, "warm")
    says(arm, "on fire", severity="critical", at=timezone.now() + timedelta(minutes=1))
    page = signed_in(client, viewer).get("/").content.decode()
    assert "2 events wait for acknowledgement" in page
    assert "The newest: arm-7: on fire" in page
    assert f"{PAGE}?state=waiting" in page


def test_nothing_is_told_when_nothing_waits(client: Client, viewer: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    says(arm, severity="info")
    says(lamp, severity="critical")
    see_only(viewer, arm)
    assert "for acknowledgement" not in signed_in(client, viewer).get("/").content.decode()


def test_an_operator_acknowledges_what_they_chose(client: Client, operator: Person) -> None:
    arm = node()
    for message in ("warm", "smoke", "fire"):
        says(arm, message)
    says_done = acknowledge(signed_in(client, operator), *Event.objects.exclude(message="fire"))
    assert "2 acknowledged." in says_done.content.decode()
    waiting = shown(client, "state=waiting")
    assert "fire" in waiting and "smoke" not in waiting
    assert "smoke" in shown(client, "state=acknowledged")


def test_a_viewer_looks_and_acknowledges_nothing(client: Client, viewer: Person) -> None:
    says(node())
    acknowledge(signed_in(client, viewer), *Event.objects.all())
    assert not Event.objects.filter(acknowledged=True).exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [("severity__exact=critical", "fire"), ("category=srt", "smoke"), ("q=SMO", "smoke"), ("q=lamp", "smoke")],
)
def test_each_filter_finds_what_it_says(client: Client, viewer: Person, query: str, found: str) -> None:
    says(node("arm-7"), "fire", severity="critical")
    says(node("lamp-1"), "smoke", category="srt")
    page = shown(signed_in(client, viewer), query)
    assert [word for word in ("fire", "smoke") if f">{word}<" in page] == [found]


def test_a_node_is_a_filter_and_an_odd_one_does_no_harm(client: Client, viewer: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    says(arm, "fire")
    says(lamp, "smoke")
    page = shown(signed_in(client, viewer), f"node={arm.pk}")
    assert ">fire<" in page and ">smoke<" not in page
    assert ">smoke<" in shown(client, "node=x")


def test_people_see_events_of_their_nodes_only(client: Client, viewer: Person) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    says(arm, "fire")
    says(lamp, "smoke")
    see_only(viewer, arm)
    assert ">smoke<" not in shown(signed_in(client, viewer))
    hidden = Event.objects.get(message="smoke")
    assert client.get(f"{PAGE}{hidden.pk}/change/").status_code != 200


def test_one_event_shows_all_that_is_known(client: Client, viewer: Person) -> None:
    says(node(), details={"error_code": "E77"})
    response = signed_in(client, viewer).get(f"{PAGE}{Event.objects.get().pk}/change/")
    assert response.status_code == 200
    assert "E77" in response.content.decode()


def test_a_long_list_asks_as_few_questions_as_a_short_one(client: Client, viewer: Person) -> None:
    arm = node()
    for _ in range(40):
        says(arm)
    signed_in(client, viewer)
    with CaptureQueriesContext(connection) as asked:
        shown(client)
    assert len(asked) <= 12, [query["sql"] for query in asked]
