"""A hand on a robot's wheel through a real browser, a real hub with sockets, and motors on a real bus."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from devices.models import BusNode, DriveSession, Node
from tests.console.browsing import Visitor, at_desk, until
from tests.console.conftest import NARROW, WIDE
from tests.console.fleet import page as place
from tests.devices.hal.payloads import RANGE
from tests.devices.hub import serving
from tests.devices.motors import Motors, broker, motors, rover
from tests.devices.told import node
from tests.people import Person
from tests.servers import LoneNats

__all__ = ["broker", "motors"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STOPPED = (0.0, 0.0)
Drive = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser, broker: LoneNats, transactional_db: None) -> Iterator[Drive]:
    """As elsewhere, but in front of a hub that has sockets."""
    contexts: list[BrowserContext] = []
    with serving() as hub:

        def open_browser(person: Person, *, narrow: bool = False, **options: Any) -> Visitor:
            context = chromium.new_context(base_url=hub.url, viewport=NARROW if narrow else WIDE, **options)
            contexts.append(context)
            return Visitor(context, hub.url, person)

        yield open_browser
        for context in contexts:
            context.close()


def takes_the_wheel(browser: Visitor, robot: Node) -> Page:
    page = browser.go(f"{place(robot)}/drive")
    page.get_by_role("button", name="Take the wheel").click()
    page.get_by_text("You drive", exact=True).wait_for()
    return page


def last(motors: Motors) -> tuple[float, float] | None:
    told = motors.told("rover-1")
    return told[-1] if told else None


def moves(motors: Motors, linear: float, angular: float) -> None:
    until(lambda: last(motors) == (linear, angular))


def ended(because: str) -> None:
    until(lambda: DriveSession.objects.filter(ended_because=because).exists())


def test_keys_drive_while_they_are_held_and_space_stops(visit: Drive, operator: Person, motors: Motors) -> None:
    browser = visit(operator)
    page = takes_the_wheel(browser, rover())
    page.keyboard.down("ArrowUp")
    moves(motors, 0.3, 0.0)
    page.keyboard.down("a")
    moves(motors, 0.3, 0.8)
    page.keyboard.press("Space")
    moves(motors, *STOPPED)
    page.keyboard.up("a")
    page.keyboard.up("ArrowUp")
    page.keyboard.down("s")
    moves(motors, -0.3, 0.0)
    page.keyboard.up("s")
    moves(motors, *STOPPED)
    browser.is_content()


def test_escape_lets_go_of_the_wheel_and_the_focus_stays_beside_it(
    visit: Drive, operator: Person, motors: Motors
) -> None:
    browser = visit(operator)
    page = takes_the_wheel(browser, rover())
    page.keyboard.down("ArrowUp")
    moves(motors, 0.3, 0.0)
    page.keyboard.press("Escape")
    moves(motors, *STOPPED)
    browser.sees("Nobody drives")
    ended("released")
    page.keyboard.up("ArrowUp")
    page.get_by_role("button", name="Take the wheel").press("Enter")
    page.get_by_text("You drive", exact=True).wait_for()
    page.get_by_role("button", name="Let go").press("Enter")
    browser.sees("Nobody drives")
    until(lambda: page.evaluate("document.activeElement.hasAttribute('data-take')"))
    browser.is_content()


def test_the_pad_drives_while_it_is_held(visit: Drive, operator: Person, motors: Motors) -> None:
    browser = visit(operator)
    page = takes_the_wheel(browser, rover())
    box = page.locator("#pad").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, box["y"] + 1)
    until(lambda: (last(motors) or STOPPED)[0] > 0.28)
    page.mouse.move(box["x"] + 1, y)
    until(lambda: (last(motors) or STOPPED)[1] > 0.75)
    browser.picture("drive-held")
    page.mouse.up()
    moves(motors, *STOPPED)
    browser.is_content()


def test_buttons_drive_for_whoever_has_only_those(visit: Drive, operator: Person, motors: Motors) -> None:
    page = takes_the_wheel(visit(operator), rover())
    page.get_by_role("button", name="Turn right, while held").focus()
    page.keyboard.down("Enter")
    moves(motors, 0.0, -0.8)
    page.keyboard.up("Enter")
    moves(motors, *STOPPED)


def test_the_limits_are_chosen_before_and_kept(visit: Drive, operator: Person, motors: Motors) -> None:
    robot, browser = rover(), visit(operator)
    page = browser.go(f"{place(robot)}/drive")
    page.get_by_label("Speed").fill("0.5")
    page.get_by_role("button", name="Take the wheel").click()
    page.get_by_text("You drive", exact=True).wait_for()
    assert page.get_by_label("Speed").is_disabled()
    page.keyboard.down("ArrowUp")
    moves(motors, 0.5, 0.0)
    assert DriveSession.objects.get().linear_limit == 0.5


def test_what_the_robot_does_is_shown_while_it_is_driven(visit: Drive, operator: Person, motors: Motors) -> None:
    browser = visit(operator)
    page = takes_the_wheel(browser, rover())
    page.keyboard.down("ArrowUp")

    def told() -> bool:
        motors.say("rover-1", 0.29)
        motors.say_range("rover-1", RANGE | {"device_id": "rover-1"})
        return page.get_by_text("0.24 m tof-front").is_visible()

    until(told)
    for text in ("0.29 m/s, 0.00 rad/s", "0.30 m/s, 0.00 rad/s", "1.20 m, 0.00 m, 0 °", "Moving"):
        browser.sees(text)
    browser.picture("drive-live")
    browser.is_content()


def test_the_lamp_tells_when_a_driven_robot_falls_silent(visit: Drive, operator: Person, motors: Motors) -> None:
    page = takes_the_wheel(visit(operator), rover())
    motors.say("rover-1", 0.0)
    page.get_by_text("Live", exact=True).wait_for()
    page.get_by_text("You drive, and do not hear it").wait_for()
    motors.say("rover-1", 0.0)
    page.get_by_text("You drive", exact=True).wait_for()


@pytest.mark.parametrize("narrow", [True, False])
def test_a_long_name_leaves_the_page_as_wide_as_it_is(visit: Drive, operator: Person, narrow: bool) -> None:
    robot, browser = rover(), visit(operator, narrow=narrow)
    Node.objects.update(name="tafy-of-the-far-corner-of-hall-" * 8)
    page = browser.go(f"{place(robot)}/drive")
    browser.fits()
    button, card, top = (page.locator(part).bounding_box() for part in ("[data-halt]", ".d-wheel", ".c-top .c-stop"))
    assert button and card and top
    assert button["x"] + button["width"] <= card["x"] + card["width"], "nothing covers the button"
    assert button["height"] < 60 and top["height"] < 60, "and it is a button still"
    browser.picture(f"drive-long-{'narrow' if narrow else 'wide'}")
    if narrow:
        menu = page.get_by_role("button", name="Menu").bounding_box()
        assert menu and menu["width"] >= 38


@pytest.mark.parametrize("colour", ["light", "dark"])
def test_a_latched_robot_says_how_it_is_released(visit: Drive, operator: Person, motors: Motors, colour: str) -> None:
    robot = rover()
    browser = visit(operator, color_scheme=colour, narrow=True)
    takes_the_wheel(browser, robot)
    browser.picture(f"drive-narrow-{colour}")
    motors.say("rover-1", 0.0, status="emergency_stop")
    browser.sees("connect its serial cable and clear the stop there")
    browser.sees("Nobody drives")
    browser.fits()
    ended("latched")
    browser.picture(f"drive-latched-{colour}")
    BusNode.objects.update(latched_at=timezone.now())
    browser.go(f"{place(robot)}/drive").get_by_role("button", name="Take the wheel").click()
    browser.sees("The robot stands in emergency stop. Only a command")
    browser.is_content()


def test_letting_go_and_leaving_the_page_end_the_drive(visit: Drive, operator: Person, motors: Motors) -> None:
    robot, browser = rover(), visit(operator)
    page = takes_the_wheel(browser, robot)
    page.get_by_role("button", name="Let go").click()
    browser.sees("You let go.")
    ended("released")
    DriveSession.objects.all().delete()
    page.get_by_role("button", name="Take the wheel").click()
    page.get_by_text("You drive", exact=True).wait_for()
    page.keyboard.down("ArrowUp")
    moves(motors, 0.3, 0.0)
    browser.go(place(robot))
    moves(motors, *STOPPED)
    until(lambda: not DriveSession.objects.filter(ended_at=None).exists())


def test_a_hidden_tab_lets_go(visit: Drive, operator: Person, motors: Motors) -> None:
    page = takes_the_wheel(visit(operator), rover())
    page.keyboard.down("ArrowUp")
    moves(motors, 0.3, 0.0)
    page.evaluate(
        """Object.defineProperty(document, "hidden", { value: true });
        document.dispatchEvent(new Event("visibilitychange"));"""
    )
    ended("released")
    moves(motors, *STOPPED)


def test_the_wheel_is_taken_over_by_a_word_of_its_own(
    visit: Drive, operator: Person, admin: Person, motors: Motors
) -> None:
    robot, first, second = rover(), visit(operator), visit(admin)
    takes_the_wheel(first, robot)
    page = second.go(f"{place(robot)}/drive")
    page.get_by_role("button", name="Take the wheel").click()
    second.sees("oskar drives this node.")
    second.picture("drive-busy")
    page.get_by_role("button", name="Take over").click()
    page.get_by_text("You drive", exact=True).wait_for()
    first.sees("Somebody else took over.")


def test_one_press_stops_this_robot_and_takes_the_wheel_away(visit: Drive, operator: Person, motors: Motors) -> None:
    browser = visit(operator)
    page = takes_the_wheel(browser, rover())
    page.keyboard.down("ArrowUp")
    moves(motors, 0.3, 0.0)
    page.get_by_role("button", name="Stop Rover-1").click()
    browser.sees("Stop sent at")
    browser.sees("Somebody pressed stop.")
    ended("halted")
    until(lambda: motors.told("rover-1")[-5:] == [STOPPED] * 5)
    browser.is_content()


@pytest.mark.parametrize("where", ["/", "/console/devices/node/", "/console/devices/busnode/", "drive", "node"])
@pytest.mark.parametrize("narrow", [True, False])
def test_one_press_stops_all_robots(visit: Drive, operator: Person, motors: Motors, where: str, narrow: bool) -> None:
    robot = rover()
    browser = visit(operator, narrow=narrow)
    places = {"drive": f"{place(robot)}/drive", "node": place(robot)}
    page = browser.go(places.get(where, where))
    button = page.get_by_role("button", name="Stop all robots")
    box = button.bounding_box()
    assert box and box["height"] >= 44 and box["y"] < 740, "large, and seen without scrolling"
    button.click()
    browser.sees("Stop sent at")
    until(lambda: motors.zeros("rover-1") >= 5 and motors.zeros("*") >= 5)
    browser.fits()
    browser.picture(f"stop-all-{'narrow' if narrow else 'wide'}-{where.strip('/').replace('/', '-') or 'front'}")
    browser.is_content()


def test_a_stop_that_nobody_heard_says_so(visit: Drive, operator: Person, broker: LoneNats) -> None:
    rover()
    browser = visit(operator)
    page = browser.go("/")
    broker.kill()
    browser.expected += ("503",)
    page.get_by_role("button", name="Stop all robots").click()
    browser.sees("NOT STOPPED: The bus cannot be reached")
    browser.sees("Press again, or stop it by hand.")
    browser.picture("stop-not-heard")


def test_without_scripts_the_buttons_stop_too(operator: Person, motors: Motors) -> None:
    robot, desk = rover(), at_desk(operator)
    answer = desk.post(f"{place(robot)}/stop", {"back": f"{place(robot)}/drive"})
    assert (answer.status_code, answer["Location"]) == (303, f"{place(robot)}/drive")
    answer = desk.post("/nodes/stop", {"back": "https://elsewhere.example/"})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    until(lambda: motors.zeros("rover-1") >= 1 and motors.zeros("*") >= 1)


def test_only_robots_have_a_wheel_and_only_for_whoever_may(viewer: Person, operator: Person) -> None:
    robot, venue = rover(), node("venue")
    assert b">Drive</a>" in at_desk(operator).get(place(robot)).content
    assert b">Drive</a>" not in at_desk(viewer).get(place(robot)).content
    assert b">Drive</a>" not in at_desk(operator).get(place(venue)).content
    assert at_desk(viewer).get(f"{place(robot)}/drive").status_code == 403
    assert at_desk(operator).get(f"{place(venue)}/drive").status_code == 409
    assert at_desk(viewer).post("/nodes/stop").status_code == 403
    assert at_desk(viewer).post(f"{place(robot)}/stop").status_code == 403


def test_a_hub_without_robots_has_no_button_for_them(admin: Person) -> None:
    node("venue")
    assert b"/nodes/stop" not in at_desk(admin).get("/").content
    rover()
    assert b"/nodes/stop" in at_desk(admin).get("/").content
