"""From a reading on the loop to a chart: last values, samples, and what becomes of them in bad times."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Node
from rdos.kernel import intake
from rdos.kernel.intake import Reading
from telemetry.models import LastValue, Sample, Series
from telemetry.services import writer
from tests.people import Person
from tests.telemetry.telling import node, see_only

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now().replace(microsecond=0)


def read(one: Node | Any, seconds: float = 0, **values: float) -> Reading:
    return Reading(getattr(one, "pk", one), NOW + timedelta(seconds=seconds), list(values.items()))


def give(*readings: Reading) -> None:
    """As a gateway gives them, and stops in good order."""

    async def on_the_loop() -> None:
        intake.READINGS.give(readings)
        assert await writer.drain(20)

    asyncio.run(on_the_loop())


def values(person: Person, one: Node) -> Any:
    return person.caller.get(f"/api/v1/nodes/{one.pk}/values").json()


def samples(person: Person, one: Node, query: str = "") -> dict[str, list[float]]:
    response = person.caller.get(f"/api/v1/nodes/{one.pk}/samples?{query}")
    assert response.status_code == 200, response.content
    return {name: [sample["value"] for sample in found] for name, found in response.json().items()}


def test_the_last_value_of_each_name_is_known(viewer: Person) -> None:
    arm = node()
    give(read(arm, 0, cpu=10, heat=40.5), read(arm, 1, cpu=11), read(arm, 2, cpu=12.25))
    found = values(viewer, arm)
    assert {name: last["value"] for name, last in found.items()} == {"cpu": 12.25, "heat": 40.5}
    assert datetime.fromisoformat(found["cpu"]["at"]) == NOW + timedelta(seconds=2)


def test_an_older_value_never_replaces_a_newer_one(viewer: Person) -> None:
    arm = node()
    give(read(arm, 5, cpu=2))
    give(read(arm, 4, cpu=1))
    assert values(viewer, arm)["cpu"]["value"] == 2


def test_samples_are_kept_some_seconds_apart(viewer: Person, settings: Any) -> None:
    arm = node()
    settings.SAMPLE_SECONDS = 5
    give(*(read(arm, second - 60, cpu=second) for second in range(12)))
    assert samples(viewer, arm) == {"cpu": [0, 5, 10]}
    settings.SAMPLE_SECONDS = 1
    give(*(read(arm, second - 60, cpu=second) for second in range(20, 23)))
    assert samples(viewer, arm) == {"cpu": [0, 5, 10, 20, 21, 22]}


def test_one_asks_for_names_a_period_and_the_newest(viewer: Person) -> None:
    arm = node()
    give(*(read(arm, -10 * number, cpu=number, heat=-number) for number in (30, 20, 10, 0)))
    assert samples(viewer, arm, "names=heat") == {"heat": [-30, -20, -10, 0]}
    assert samples(viewer, arm, "names=cpu,%20nothing&limit=2") == {"cpu": [10, 0]}
    since, until = (quote((NOW - timedelta(seconds=ago)).isoformat()) for ago in (250, 50))
    assert samples(viewer, arm, f"names=cpu&from={since}&to={until}") == {"cpu": [20, 10]}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=2001", "limit"),
        ("from=now", "from"),
        ("names=" + ",".join(map(str, range(21))), "names"),
        ("names=" + "x" * 65, "names"),
    ],
)
def test_a_bad_question_is_refused_by_its_name(viewer: Person, query: str, name: str) -> None:
    response = viewer.caller.get(f"/api/v1/nodes/{node().pk}/samples?{query}")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


@pytest.mark.parametrize("path", ["values", "samples", "logs"])
def test_a_node_outside_ones_own_is_refused(viewer: Person, path: str) -> None:
    arm, lamp = node("arm-7"), node("lamp-1")
    see_only(viewer, arm)
    assert viewer.caller.get(f"/api/v1/nodes/{arm.pk}/{path}").status_code == 200
    assert viewer.caller.get(f"/api/v1/nodes/{lamp.pk}/{path}").status_code == 403


@pytest.mark.parametrize("path", ["values", "samples", "logs"])
def test_a_node_that_is_not_there_is_not_found(viewer: Person, path: str) -> None:
    assert viewer.caller.get(f"/api/v1/nodes/{uuid4()}/{path}").status_code == 404


def test_a_node_that_is_gone_takes_nobodys_values_with_it(viewer: Person) -> None:
    arm, lamp, unknown = node("arm-7"), node("lamp-1"), uuid4()
    known = lamp.pk
    give(read(known, 0, cpu=1))
    lamp.delete()
    assert not Series.objects.exists() and not LastValue.objects.exists()
    give(read(known, 10, cpu=2), read(unknown, 10, cpu=3), read(arm, 10, cpu=4))
    assert values(viewer, arm)["cpu"]["value"] == 4


ODD: list[tuple[str, float]] = [
    ("", 1),
    ("x" * 65, 1),
    ("nul\x00", 1),
    ("half\ud800", 1),
    ("endless", float("inf")),
    ("nothing", float("nan")),
]


def test_odd_names_and_numbers_are_left_out(viewer: Person) -> None:
    arm = node()
    give(Reading(arm.pk, NOW, [*ODD, ("cpu", 1)]))
    assert list(values(viewer, arm)) == ["cpu"]


def test_a_node_does_not_invent_names_without_end(viewer: Person) -> None:
    arm = node()
    give(Reading(arm.pk, NOW, [(f"n{number}", number) for number in range(writer.MOST_NAMES + 50)]))
    assert Series.objects.filter(node=arm).count() == writer.MOST_NAMES


def by_hand(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite locks the whole database instead")
def test_what_could_not_be_stored_is_stored_later(viewer: Person, caplog: pytest.LogCaptureFixture) -> None:
    arm = node()
    tables = ("telemetry_sample", "telemetry_lastvalue")
    by_hand(f"ALTER TABLE {table} RENAME TO {table}_away" for table in tables)

    async def on_the_loop() -> None:
        intake.READINGS.give([read(arm, -9, cpu=1)])
        while len(caplog.records) < len(tables):
            await asyncio.sleep(0.01)
        intake.READINGS.give([read(arm, -1, cpu=2)])
        await asyncio.to_thread(mend)
        assert await writer.drain(20)

    def mend() -> None:
        by_hand(f"ALTER TABLE {table}_away RENAME TO {table}" for table in tables)
        connection.close()

    asyncio.run(on_the_loop())
    assert values(viewer, arm)["cpu"]["value"] == 2
    assert samples(viewer, arm) == {"cpu": [1, 2]}


def test_a_sample_of_another_age_is_kept_too() -> None:
    arm = node()
    give(Reading(arm.pk, datetime(2001, 1, 1, tzinfo=UTC), [("cpu", 1)]))
    assert Sample.objects.get().at.year == 2001


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_a_period_at_the_beginning_of_all_time_is_only_empty(viewer: Person, end: str) -> None:
    arm = node()
    give(read(arm, cpu=1))
    assert samples(viewer, arm, f"to={end}") == {"cpu": []}
