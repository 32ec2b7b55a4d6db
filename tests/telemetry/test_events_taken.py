"""What nodes send becomes rows, whatever they put into it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from rdos.kernel import intake
from tests.people import Person
from tests.telemetry.telling import EVENTS, events, messages, node, says

pytestmark = pytest.mark.django_db


def test_an_unknown_severity_is_only_an_information(viewer: Person) -> None:
    says(node(), severity="apocalyptic")
    assert events(viewer)[0]["severity"] == "info"


def test_texts_are_cut_and_cleaned(viewer: Person) -> None:
    says(node(), "a\x00b\ud800" + "x" * 20_000, category="c" * 300, flow_id="f" * 300, details={"a\x00": "\udfff"})
    (event,) = events(viewer)
    assert event["message"].startswith("a\ufffdb?x")
    assert (len(event["message"]), len(event["category"]), len(event["flow_id"])) == (10_000, 256, 256)
    assert event["details"] == {"a\ufffd": "?"}


def test_an_empty_category_is_unknown(viewer: Person) -> None:
    says(node(), category="")
    assert events(viewer)[0]["category"] == "unknown"


def test_endless_details_are_left_out(viewer: Person) -> None:
    says(node(), details=["x" * 1000] * 100)
    assert events(viewer)[0]["details"] == {"left_out": "The details were too large to be kept."}


def test_a_node_that_is_gone_takes_nobody_with_it(viewer: Person) -> None:
    arm, ghost, at = node("arm-7"), node("ghost"), timezone.now()
    given = [intake.NodeEvent(one.pk, at, "info", "system", one.key) for one in (ghost, arm)]
    ghost.delete()
    with transaction.atomic():
        intake.NODE_EVENTS.give(given)
    assert messages(viewer) == ["arm-7"]


def test_a_node_takes_its_events_with_it(viewer: Person) -> None:
    arm = node()
    says(arm)
    arm.delete()
    assert events(viewer) == []


def test_a_node_in_maintenance_raises_no_alarm(viewer: Person) -> None:
    arm = node(maintenance_until=timezone.now() + timedelta(hours=1))
    says(arm, severity="critical")
    (event,) = events(viewer)
    assert (event["severity"], event["acknowledged"], event["acknowledged_by"]) == ("critical", True, None)
    assert viewer.caller.get(f"{EVENTS}/count").json() == {"count": 0}
