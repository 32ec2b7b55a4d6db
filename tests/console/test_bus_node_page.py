"""The page of a node that speaks on the bus: what it says of itself and of its hardware, and what it cannot confirm."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Command, HalState, Node
from devices.services import bus_presence, commands, telling
from tests.console import bus
from tests.console.browsing import at_desk
from tests.console.bus import found
from tests.console.conftest import Visit
from tests.console.fleet import page as page_of
from tests.devices.told import node
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def robot(**fields: Any) -> Node:
    one = found("esp32-a1b2c3", claimed=True, **fields)
    bus.drives(one)
    bus.measures(one, 0.243)
    bus.measures(one, 0.08, "tof-rear")
    bus.balances(one)
    bus.has_cameras(one, "Pi camera", "Front door")
    bus.says(
        one, "power/battery", "acme/hal/power/battery/1.0", {"charge_percent": 81.5, "cells": {"first_volts": 3.9}}
    )
    return one


def sends(person: Person, one: Node, name: str = "ping") -> Command:
    command = telling.tell(actor=person.actor, node=one, action={"type": name}, at=timezone.now(), wait=None)
    Command.objects.filter(pk=command.pk).update(status="sent", sent_at=timezone.now(), attempts=1)
    return command


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_it_says_what_it_is_and_what_its_hardware_does(visit: Visit, admin: Person, narrow: bool, colours: str) -> None:
    one = robot(mac_address="a1:b2:c3:d4:e5:f6", metadata={"version": "1.2.0", "password": "Copper"})
    sends(admin, one)
    browser = visit(admin, narrow=narrow, color_scheme=colours)
    page = browser.go(page_of(one))
    browser.picture(f"bus-node-{colours}-{'narrow' if narrow else 'wide'}")
    said = page.get_by_role("region", name="What it says of itself").inner_text()
    for text in ("esp32", "motor.differential v1.0", "a1:b2:c3:d4:e5:f6", "What else it announced"):
        assert text in said, text
    assert "Copper" not in page.content()
    hardware = page.get_by_role("region", name="Its hardware").inner_text()
    for text in ("0.48 m/s", "0.50 m/s", "x 1.20 m, y −0.40 m, heading 45°", "243 mm", "quality 100 %", "80 mm"):
        assert text in hardware, text
    for text in ("Nearer than 100 mm", "9.81", "Yaw 90.0°", "magnetometer 0 of 3", "Pi camera", "640×480", "81.5 %"):
        assert text in hardware, text
    assert page.locator(".f-range.is-near").count() == 1
    browser.fits()
    browser.is_content()


def test_the_hardware_is_kept_true(visit: Visit, viewer: Person) -> None:
    one = found("esp32-a1b2c3", claimed=True)
    browser = visit(viewer)
    page = browser.go(page_of(one))
    browser.sees("It has said nothing of its motors, sensors or cameras yet.")
    bus.drives(one)
    bus.measures(one, 0.5)
    browser.looks_again()
    page.get_by_text("500 mm").wait_for()
    bus.measures(one, 0.05, alert="obstacle_detected")
    browser.looks_again()
    page.locator(".is-near").get_by_text("Obstacle detected").wait_for()
    place = page.locator(".f-pose g").get_attribute("transform")
    bus.drives(one, odometry={"x_meters": -3.0, "y_meters": 2.0, "theta_rad": 3.1416})
    browser.looks_again()
    page.get_by_text("x −3.00 m, y 2.00 m, heading 180°").wait_for()
    assert page.locator(".f-pose g").get_attribute("transform") != place
    HalState.objects.update(at=timezone.now() - timedelta(minutes=2))
    browser.looks_again()
    page.locator(".f-board.is-old").first.get_by_text("2 min ago").wait_for()
    page.locator(".f-board.is-old .c-badge-idle", has_text="Moving").wait_for()
    browser.is_content()


def test_a_command_that_nobody_confirms_is_told_as_such(visit: Visit, operator: Person) -> None:
    one = found("esp32-a1b2c3", claimed=True)
    browser = visit(operator)
    page = browser.go(page_of(one))
    browser.sees("Commands are published on the bus at once, whether it hears them or not.")
    assert page.get_by_label("An offline node gets it").count() == 0
    page.locator("summary", has_text="ping").click()
    page.get_by_role("button", name="Send ping").click()
    browser.sees("ping is published on the bus.")
    command = Command.objects.get()
    assert command.expires_at - command.created_at < timedelta(minutes=2), "nobody waits a day for silence"
    Command.objects.update(status="sent", sent_at=timezone.now())
    browser.looks_again()
    browser.sees("Published. Most nodes on the bus confirm no command")
    browser.go(f"/console/devices/command/{command.pk}/change/")
    browser.sees("Most nodes on the bus confirm no command")
    commands.expire(timezone.now() + timedelta(minutes=5))
    page = browser.go(page_of(one))
    page.locator(".c-badge-idle").get_by_text("Not confirmed").wait_for()
    assert page.locator(".f-error").count() == 0, "silence is no failure"
    browser.picture("bus-node-unconfirmed")
    browser.is_content()


def test_motion_is_offered_although_it_holds_no_connection(operator: Person) -> None:
    one = found("esp32-a1b2c3", heard=False, claimed=True)
    offers = {offer.spec.name: offer for offer in at_desk(operator).get(page_of(one)).context["offers"]}
    assert offers["move"].form is not None and offers["move"].reason == ""


def test_an_emergency_stop_is_on_every_tab_with_its_way_out(visit: Visit, viewer: Person) -> None:
    one = found("esp32-a1b2c3", claimed=True, latched_at=timezone.now())
    browser = visit(viewer)
    for tab in ("", "/config"):
        page = browser.go(page_of(one) + tab)
        browser.sees("Only a command on its own serial line releases it")
    one.bus.latched_at = None
    one.bus.save(update_fields=["latched_at"])
    browser.looks_again()
    page.get_by_text("Emergency stop since").wait_for(state="detached")
    browser.is_content()


def test_what_makes_no_sense_for_it_is_not_offered(admin: Person) -> None:
    one, lamp = found("esp32-a1b2c3", claimed=True), node("lamp")
    page, other = (at_desk(admin).get(page_of(each)).content.decode() for each in (one, lamp))
    for word in ("Connections</a>", "Issue a new token", "Give it another secret"):
        assert word not in page and word in other
    assert "holds no connection" in at_desk(admin).get(page_of(one) + "/connections").content.decode()
    assert "What it says of itself" not in other and "Its hardware" not in other


def test_a_node_that_tells_no_configuration_is_not_to_be_asked_for_it(admin: Person) -> None:
    one, lamp = found("esp32-a1b2c3", claimed=True), node("lamp")
    page, other = (at_desk(admin).get(page_of(each) + "/config").content.decode() for each in (one, lamp))
    assert "Write below what you want" in page and "Ask it for its configuration" not in page
    assert "Ask it for its configuration" in other


def test_a_device_that_nobody_claimed_is_claimed_on_its_page(visit: Visit, operator: Person, viewer: Person) -> None:
    one = found("esp32-a1b2c3")
    assert "Claim it" not in at_desk(viewer).get(page_of(one)).content.decode()
    browser = visit(operator)
    page = browser.go(page_of(one))
    browser.sees("claimed by nobody")
    browser.picture("bus-node-unclaimed")
    page.get_by_role("button", name="Claim it").click()
    browser.sees("esp32-a1b2c3 is claimed.")
    assert "claimed by nobody" not in browser.go(page_of(one)).content()
    browser.is_content()


@pytest.mark.parametrize(
    ("topic", "schema", "payload"),
    [
        (
            "motor/differential-telemetry",
            "tafylabs/hal/motor/differential-telemetry/1.0",
            {"odometry": [1], "status": 7},
        ),
        ("motor/differential-telemetry", "x", {"odometry": {"x_meters": "1", "y_meters": None}, "wheel_velocities": 5}),
        ("motor/differential-telemetry", "x", {"odometry": {"x_meters": 1e300, "y_meters": 1, "theta_rad": True}}),
        (
            "sensor/range-tof.x",
            "tafylabs/hal/sensor/range-tof/1.0",
            {"range_meters": "near", "quality": {}, "alert": 4},
        ),
        ("sensor/range-tof.x", "tafylabs/hal/sensor/range-tof/1.0", {"range_meters": -5, "max_range_meters": -1}),
        ("sensor/imu", "tafylabs/hal/sensor/imu/1.0", {"acceleration": 9, "orientation": {"euler": {"yaw_rad": "x"}}}),
        ("camera.discovery", "", {"cameras": [None, 5, {"formats": "many", "resolutions": [{"width": "wide"}]}]}),
        ("camera.discovery", "", {"cameras": None}),
        ("hal", "", {}),
        ("hal", "nonsense", {"deep": {"er": {"and": "deeper"}}, "list": [1, 2], "<b>": "<script>"}),
    ],
)
def test_whatever_a_device_says_the_page_stands(viewer: Person, topic: str, schema: str, payload: Any) -> None:
    one = found("esp32-a1b2c3", capabilities={})
    bus.says(one, topic, schema, payload)
    answer = at_desk(viewer).get(page_of(one))
    assert answer.status_code == 200 and b"<script>" not in answer.content.split(b"<main")[1]


def test_the_page_asks_few_questions_however_much_hardware_it_has(
    viewer: Person, django_assert_max_num_queries: Any
) -> None:
    one = robot()
    for number in range(30):
        bus.measures(one, 1.0, f"tof-{number}")
    client = at_desk(viewer)
    client.get(page_of(one))
    with django_assert_max_num_queries(20):
        client.get(f"{page_of(one)}/fresh")


def test_nobody_is_alarmed_by_what_was_never_claimed_nor_by_a_hub_that_is_deaf(viewer: Person) -> None:
    def titles() -> list[str]:
        return [one.title for one in at_desk(viewer).get("/front/live").context["attention"]]

    lost = {"status": "offline", "last_seen_at": timezone.now() - timedelta(hours=1)}
    one = found("esp32-a1b2c3")
    Node.objects.filter(pk=one.pk).update(**lost)
    assert titles() == ["1 device was found on the bus and is claimed by nobody"]
    Node.objects.filter(pk=one.pk).update(claimed=True, status_reason=bus_presence.BUS_LOST)
    assert titles() == [], "the light of the bridge tells it once for all of them"
    Node.objects.filter(pk=one.pk).update(status_reason=bus_presence.SILENCE)
    assert titles() == ["esp32-a1b2c3 has been offline for 1 hour"]


def test_what_was_published_waits_for_nobody(viewer: Person, operator: Person) -> None:
    one = found("esp32-a1b2c3", heard=False, claimed=True)
    sends(operator, one)
    Command.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    waiting = "/console/devices/command/?status=open&away=yes"
    assert at_desk(viewer).get(waiting).context["cl"].result_count == 0
    assert not at_desk(viewer).get("/front/live").context["attention"]
    Command.objects.update(status="queued")
    assert at_desk(viewer).get(waiting).context["cl"].result_count == 1
    (told,) = at_desk(viewer).get("/front/live").context["attention"]
    assert told.title == "1 command waits for a node that is offline"
