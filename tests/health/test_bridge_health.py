"""Whether the bridge to the bus is there, told on a hub that has one."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from devices.models import Bridge
from tests.console.browsing import at_desk
from tests.people import Caller, Person


def bridge(*, reached: bool = True, seconds_ago: int = 0) -> Bridge:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    return Bridge.objects.create(host="here", pid=1, reached_at=at if reached else None, seen_at=at)


def told() -> Any:
    return Caller().get("/health/detailed").json()


def test_a_hub_that_never_had_a_bridge_misses_none(db: None) -> None:
    assert "bridge" not in told()["dependencies"]


def test_bridges_are_counted_with_those_that_reach_the_bus(db: None) -> None:
    bridge(), bridge(reached=False), bridge(seconds_ago=600)
    found = told()["dependencies"]["bridge"]
    assert (found["healthy"], found["bridges"], found["reached"]) == (True, 2, 1)


def test_a_bridge_that_is_silent_is_told(db: None) -> None:
    bridge(seconds_ago=16)
    body = told()
    assert body["status"] == "degraded"
    assert body["dependencies"]["bridge"]["error"] == "No bridge was seen for 15 seconds."


def test_a_bridge_without_the_bus_is_told(db: None) -> None:
    bridge(reached=False)
    assert told()["dependencies"]["bridge"]["error"] == "No bridge reaches the bus."


def test_the_front_page_has_a_light_for_it(viewer: Person) -> None:
    assert "Bus bridge" not in at_desk(viewer).get("/").content.decode()
    one = bridge()
    page = at_desk(viewer).get("/").content.decode()
    assert "Bus bridge" in page and "1 bridge, reached" in page
    bridge(reached=False)
    assert "2 bridges, of which 1 reached" in at_desk(viewer).get("/").content.decode()
    Bridge.objects.exclude(pk=one.pk).delete()
    Bridge.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert "Bus bridge: cut off" in at_desk(viewer).get("/").content.decode()
