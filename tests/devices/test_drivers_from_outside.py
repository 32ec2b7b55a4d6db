"""Drivers that an installation adds: described in a file, or brought along by a package."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devices import drivers
from rdos.kernel.errors import InvalidInput
from tests.architecture import ROOT

LATHE = {
    "device_type": "lathe",
    "display_name": "Lathe",
    "icon": "precision_manufacturing",
    "commands": [
        {
            "name": "spin",
            "description": "Turn",
            "requires_role": "admin",
            "arguments": {"type": "object", "properties": {"rpm": {"type": "integer"}}, "required": ["rpm"]},
            "waits": False,
            "dangerous": True,
        }
    ],
    "metrics": [{"name": "rpm", "path": "spindle.speed.rpm"}, {"name": "oil", "path": "oil"}],
    "health": {"path": "machine.mode", "degraded": ["Worn"], "error": ["jammed"]},
}


@pytest.fixture(autouse=True)
def only_the_built_in_ones_afterwards() -> Iterator[None]:
    yield
    drivers.configure()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], str]:
    """Writes a drivers' file and says where it is."""

    def to_file(content: Any) -> str:
        path = tmp_path / "drivers.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return to_file


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a package that brings drivers along."""

    def install(source: str) -> None:
        (tmp_path / "workshop_drivers.py").write_text(source)
        facts = tmp_path / "workshop-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: workshop\nVersion: 1.0\n")
        (facts / "entry_points.txt").write_text("[rdos.drivers]\nworkshop = workshop_drivers:OURS\n")
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    sys.modules.pop("workshop_drivers", None)
    # Before the next configuration looks for plug-ins again.
    monkeypatch.undo()


PLUG_IN = """
from devices.drivers import CommandSpec, Driver, Health

def driver(name, *commands):
    return Driver(name, name.title(), commands, lambda r: [("x", 1.0)], lambda r: [], lambda r: Health("online"))

"""


def refusal(path: str = "") -> str:
    with pytest.raises(drivers.UnusableDriver) as refused:
        drivers.configure(path)
    return refused.value.detail


# From a file


def test_a_described_driver_stands_behind_the_built_in_ones(write: Callable[[Any], str]) -> None:
    drivers.configure(write([LATHE]))
    lathe = drivers.all_drivers()[-1]
    assert (lathe.device_type, lathe.display_name, lathe.icon) == ("lathe", "Lathe", "precision_manufacturing")
    spin = lathe.command("spin")
    assert spin is not None
    assert (spin.requires_role, spin.waits, spin.dangerous) == ("admin", False, True)


def test_its_commands_hold_actions_against_their_arguments(write: Callable[[Any], str]) -> None:
    drivers.configure(write([LATHE]))
    spin = drivers.get("lathe").command("spin")
    assert spin is not None
    with pytest.raises(InvalidInput) as refused:
        drivers.check_arguments(spin, {"type": "spin", "rpm": "fast"})
    assert refused.value.errors == {"rpm": ["This must be a whole number."]}


def test_its_metrics_are_read_where_the_file_says(write: Callable[[Any], str]) -> None:
    drivers.configure(write([LATHE]))
    metrics = drivers.get("lathe").metrics
    assert metrics({"spindle": {"speed": {"rpm": 900}}, "oil": 0.5}) == [("rpm", 900), ("oil", 0.5)]
    assert metrics({"spindle": [1]}) == [("rpm", 0), ("oil", 0)]


@pytest.mark.parametrize(("word", "state"), [("worn", "degraded"), ("JAMMED", "error"), ("error", "online")])
def test_its_health_is_judged_by_the_files_words(write: Callable[[Any], str], word: str, state: str) -> None:
    drivers.configure(write([LATHE]))
    assert drivers.get("lathe").health({"machine": {"mode": word}}).state == state


def test_the_shortest_description_gives_a_driver_that_passes_everything_on(write: Callable[[Any], str]) -> None:
    drivers.configure(write([{"device_type": "kiln", "display_name": "Kiln"}]))
    kiln = drivers.get("kiln")
    assert kiln.metrics({"celsius": 900}) == [("celsius", 900)]
    assert kiln.health({"status": "warning"}).state == "degraded"
    assert kiln.command("fire") is None


def test_the_example_in_the_documents_works(write: Callable[[Any], str]) -> None:
    page = (ROOT / "docs/drivers.md").read_text()
    drivers.configure(write(page.split("```json")[1].split("```")[0]))
    assert drivers.get("lathe").metrics({"spindle": {"speed": {"rpm": 5}}}) == [("rpm", 5)]


def test_another_configuration_replaces_the_former(write: Callable[[Any], str]) -> None:
    drivers.configure(write([LATHE]))
    drivers.configure()
    assert not drivers.known("lathe")


def changed(**changes: Any) -> dict[str, Any]:
    return {**LATHE, **changes}


def commanded(**changes: Any) -> dict[str, Any]:
    return changed(commands=[{"name": "spin", "description": "Turn", **changes}])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[{", "is not JSON"),
        ({}, "must hold a list of drivers"),
        ([7], "driver number 1: the driver: This must be an object."),
        ([{"device_type": "lathe"}], "driver lathe: display_name: This field is required."),
        ([changed(colour="red")], "driver lathe: colour: This key is not known here."),
        ([changed(device_type="Lathe")], "driver Lathe: device_type: This must be up to 32"),
        ([changed(device_type="edge")], "driver edge: device_type: This type is there already."),
        ([LATHE, LATHE], "driver lathe: device_type: This type is there already."),
        ([changed(icon="<b>")], "driver lathe: icon: This must match"),
        ([changed(metrics=[{"name": "x" * 65, "path": "x"}])], "driver lathe: metrics.0.name: This must match"),
        ([changed(metrics=[{"name": "x", "path": "x"}] * 2)], "driver lathe: metrics: A name is there twice."),
        ([changed(health={"error": ["bad"]})], "driver lathe: health.path: This field is required."),
        ([changed(health={"path": "x", "error": "bad"})], "driver lathe: health.error: This must be a list."),
        ([commanded(requires_role="king")], "driver lathe: commands.0.requires_role: This must be one of: viewer"),
        ([commanded(name="no way")], "driver lathe: commands.0.name: This must be up to 64"),
        ([commanded(waits="yes")], "driver lathe: commands.0.waits: This must be true or false."),
        ([changed(commands=LATHE["commands"] * 2)], "driver lathe: commands.1.name: spin is there twice."),  # type: ignore[operator]
        ([commanded(arguments={"type": "strin"})], "driver lathe: commands.0.arguments: This is no JSON Schema"),
        ([commanded(arguments={"pattern": "("})], "driver lathe: commands.0.arguments: This is no JSON Schema"),
        ([commanded(arguments={"$ref": "#"})], "driver lathe: commands.0.arguments: This must not refer"),
    ],
)
def test_a_wrong_file_is_refused_by_name(write: Callable[[Any], str], content: Any, said: str) -> None:
    assert said in refusal(write(content))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    assert (
        refusal(str(tmp_path / "gone.json")) == f"{tmp_path / 'gone.json'} cannot be read: No such file or directory."
    )


def test_a_refused_file_leaves_the_former_drivers_in_place(write: Callable[[Any], str]) -> None:
    drivers.configure(write([LATHE]))
    refusal(write([{"device_type": "kiln", "display_name": "Kiln"}, 7]))
    assert drivers.known("lathe")
    assert not drivers.known("kiln")


# From a package


def test_a_package_may_bring_one_driver_or_several(plug_in: Callable[[str], None]) -> None:
    plug_in(PLUG_IN + "OURS = [driver('saw'), driver('drill')]")
    drivers.configure()
    assert [driver.device_type for driver in drivers.all_drivers()][-2:] == ["saw", "drill"]


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ("OURS = 1 / 0", "The plug-in workshop cannot be loaded: ZeroDivisionError"),
        ("THEIRS = 1", "The plug-in workshop cannot be loaded: AttributeError"),
        ("OURS = 7", "The plug-in workshop must give a Driver or a list of them, not int."),
        ("OURS = [driver('saw'), 7]", "The plug-in workshop must give a Driver or a list of them, not int."),
        ("OURS = driver('relay')", "The plug-in workshop, driver relay: device_type: This type is there already."),
        ("OURS = driver('saw', 7)", "The plug-in workshop, driver saw: commands.0: This must be a CommandSpec."),
        ("OURS = Driver('saw', 'Saw', (), 1, 2, 3)", "The plug-in workshop, driver saw: metrics: This must be a"),
    ],
)
def test_a_broken_plug_in_is_refused_by_name(plug_in: Callable[[str], None], ours: str, said: str) -> None:
    plug_in(PLUG_IN + ours)
    assert said in refusal()
