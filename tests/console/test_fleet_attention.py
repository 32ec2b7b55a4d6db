"""What the front page says of the fleet, and that each number opens its rows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import Command, Node
from devices.services import simulated, telling, twins
from rdos.kernel.panels import Attention
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.console.fleet import fails, reports, see_only
from tests.devices.told import come, go, node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def attention(person: Person) -> list[Attention]:
    found: list[Attention] = at_desk(person).get("/front/live").context["attention"]
    return found


def titles(person: Person) -> list[str]:
    return [one.title for one in attention(person)]


def rows_behind(person: Person, link: str) -> Iterator[str]:
    return (row.key for row in at_desk(person).get(link).context["cl"].result_list)


def away(key: str, **fields: object) -> Node:
    return node(key, connected=False, **({"last_seen_at": timezone.now() - timedelta(minutes=42)} | fields))


def test_a_node_that_goes_offline_appears_and_leaves_by_itself(visit: Visit, viewer: Person) -> None:
    arm = node("arm", "robot")
    fails(arm, "degraded", "The third joint is warm")
    browser = visit(viewer)
    page = browser.go("/")
    browser.sees("Arm is degraded")
    page.get_by_label("Fleet").get_by_text("degraded").wait_for()
    go(arm)
    browser.looks_again()
    browser.sees("Arm has been offline for")
    browser.picture("front-offline")
    page.get_by_role("link", name="Arm has been offline").click()
    page.wait_for_url(f"**/nodes/{arm.pk}")
    browser.go("/")
    come(arm)
    browser.sees("Nothing needs you now")
    browser.is_content()


def test_each_number_of_the_fleet_opens_its_rows(visit: Visit, viewer: Person) -> None:
    node("arm")
    for number in range(3):
        away(f"lamp-{number}", labels={simulated.LABEL: simulated.YES})
    browser = visit(viewer)
    page = browser.go("/")
    assert page.get_by_label("Fleet").inner_text().split() == [
        "1",
        "online",
        "3",
        "offline",
        "3",
        "of",
        "them",
        "simulated",
    ]
    page.get_by_label("Fleet").get_by_role("link", name="3 offline").click()
    page.wait_for_url("**status=offline")
    browser.sees("3 rows")
    figures = at_desk(viewer).get("/front/live").context["figures"]
    assert [len(list(rows_behind(viewer, figure.link))) for figure in figures] == [1, 3, 3]
    browser.is_content()


def test_many_of_a_kind_become_a_number_that_opens_all_of_them(viewer: Person) -> None:
    for number in range(8):
        away(f"lamp-{number}")
        fails(node(f"arm-{number}"), "error", "It burns")
    more = {one.title: one.link for one in attention(viewer) if one.key.startswith("more-")}
    assert set(more) == {"And 3 more nodes are offline", "And 3 more nodes report an error"}
    for link in more.values():
        assert len(list(rows_behind(viewer, link))) == 8


def test_what_was_to_be_expected_is_no_alarm(viewer: Person) -> None:
    at = timezone.now()
    away("cared-for", maintenance_until=at + timedelta(hours=1))
    away("expired", expires_at=at - timedelta(hours=1))
    node("never-there", connected=False)
    assert titles(viewer) == []
    Node.objects.update(maintenance_until=None, expires_at=None)
    assert sorted(titles(viewer)) == [
        "Cared-For has been offline for 42 minutes",
        "Expired has been offline for 42 minutes",
    ]


def test_the_worst_comes_first_and_simulated_nodes_are_marked(viewer: Person) -> None:
    fails(node("arm"), "degraded", "Warm")
    fails(node("lamp"), "error", "It burns")
    away("gate", labels={simulated.LABEL: simulated.YES})
    assert titles(viewer) == [
        "Gate (simulated) has been offline for 42 minutes",
        "Lamp reports an error",
        "Arm is degraded",
    ]


def test_drift_is_told_and_its_number_opens_the_drifted(viewer: Person, operator: Person) -> None:
    for number in range(7):
        one = node(f"arm-{number}")
        reports(one, {"speed": 1})
        twins.set_desired(actor=operator.actor, node=one, config={"speed": 2}, at=timezone.now())
    node("lamp")
    found = attention(viewer)
    assert found[0].title.endswith("is configured otherwise than desired")
    assert found[0].text == "For less than a minute."
    assert found[-1].title == "And 2 more have another configuration than desired"
    assert len(list(rows_behind(viewer, found[-1].link))) == 7


def test_commands_that_wait_for_long_are_told(viewer: Person, operator: Person) -> None:
    at, one = timezone.now(), away("lamp", maintenance_until=timezone.now() + timedelta(hours=1))
    for name in ("ping", "get_config"):
        telling.tell(actor=operator.actor, node=one, action={"type": name}, at=at, wait=None)
    assert titles(viewer) == []
    Command.objects.update(created_at=at - timedelta(minutes=20))
    (waiting,) = attention(viewer)
    assert waiting.title == "2 commands wait for a node that is offline"
    assert waiting.text == "For 1 node; the oldest for 20 minutes."
    assert at_desk(viewer).get(waiting.link).context["cl"].result_count == 2


def test_somebody_limited_to_nodes_hears_of_those_only(viewer: Person) -> None:
    lamp, gate = away("lamp"), away("gate")
    see_only(viewer, lamp)
    assert titles(viewer) == ["Lamp has been offline for 42 minutes"]
    assert str(gate.pk) not in at_desk(viewer).get("/").content.decode()
    (figure,) = at_desk(viewer).get("/front/live").context["figures"]
    assert figure.number == 1


def test_a_hub_without_a_real_node_says_how_to_get_one(admin: Person, viewer: Person) -> None:
    node("sim", labels={simulated.LABEL: simulated.YES})
    assert "Add your first node" in at_desk(admin).get("/").content.decode()
    assert "Add your first node" not in at_desk(viewer).get("/").content.decode()
    node("arm")
    assert "Add your first node" not in at_desk(admin).get("/").content.decode()
