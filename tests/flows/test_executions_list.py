"""The list of runs is written by the database where it can, and reads as if it were written here, letter by letter."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flows.api.shapes.listing import plain
from flows.models import Execution, Flow
from rdos.kernel.api.accents import ACCENTS, ROOT, Accent
from rdos.kernel.api.envelopes import Page
from rdos.kernel.api.rendering import dumps
from tests.flows.story import flow_that_runs, run_of
from tests.people import Person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# What two writers of JSON might write in two ways.
ODD = "Grüße \"an\" \\alle\\ \b\f\n\r\t\x01\x1f\x7f / \u2028 \U0001f916 </script> %s {} 'x'"
ACCENTED = [("", ROOT), *((f"/{name}", accent) for name, accent in ACCENTS.items())]


def changed(flow: Flow, **fields: Any) -> None:
    Execution.objects.filter(pk=run_of(flow)).update(**fields)


@pytest.fixture
def runs() -> None:
    flow = flow_that_runs(ODD)
    changed(flow, created_at=NOON, ready_at=NOON, message=ODD, current_node=ODD, error=ODD, error_type=ODD[:90])
    changed(flow, error="password=hunter2 and Bearer abcdefgh12345678", robot_key="bot-1", progress=50)
    # The secret goes on behind what a list shows of an error.
    changed(flow, error="ü" * 480 + " token=" + "x" * 100)
    changed(flow, trigger_id=flow.pk, environment="", error="\n" * 600)
    for microseconds in (0, 1, 10, 499, 500, 1_500, 2_500, 1_000_500, 86_400_000_001, 1_000_499_999, -1_500):
        began = NOON + timedelta(microseconds=microseconds % 7)
        ended = began + timedelta(microseconds=microseconds)
        changed(flow, claimed_at=NOON, started_at=began, completed_at=ended, created_at=began)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(("prefix", "accent"), ACCENTED, ids=lambda one: getattr(one, "name", None))
def test_the_list_is_the_same_whoever_writes_it(admin: Person, prefix: str, accent: Accent) -> None:
    request: Any = SimpleNamespace(accent=accent)
    rows, shape = plain(request, Execution.objects.order_by("-created_at", "-id"))
    page = Page(noun="executions", rows=shape(list(rows)), number=1, size=20, total=len(rows))
    answer = admin.caller.get(f"{prefix}/api/v1/executions")
    assert answer.content == dumps(accent.envelope(page))
    assert b"hunter2" not in answer.content
    assert b"x" * 20 not in answer.content


@pytest.mark.usefixtures("runs")
def test_page_after_page_nothing_is_missed_and_nothing_repeated(operator: Person) -> None:
    rows, shape = plain(SimpleNamespace(accent=ROOT), Execution.objects.order_by("-created_at", "-id"))  # type: ignore[arg-type]
    told: list[Any] = []
    address = "/api/v1/executions?limit=4"
    while address:
        answer = operator.caller.get(address)
        told += answer.json()
        address = answer["Link"].partition("<")[2].partition(">")[0] if "Link" in answer else ""
    assert dumps(told) == dumps(shape(list(rows)))
