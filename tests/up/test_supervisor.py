"""The supervisor as a real process over real children."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rdos.up.bootstrap import PROJECT_DIR
from rdos.up.guard import recall
from tests.up.hosting import gone, until


class Toy:
    def __init__(self, place: Path, *kinds: str) -> None:
        self.place, self.kinds = place, kinds
        argv = [sys.executable, "-m", "tests.up.toy_hub", str(place), *kinds]
        with (place / "log").open("wb") as log:
            self.process = subprocess.Popen(argv, cwd=PROJECT_DIR, stdout=log, stderr=subprocess.STDOUT)
        until(lambda: all((place / f"{kind}.pid").exists() and self.pid(kind) for kind in kinds))

    def pid(self, kind: str) -> int:
        return int((self.place / f"{kind}.pid").read_text() or 0)

    def said(self) -> str:
        return (self.place / "log").read_text()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for file in tmp_path.glob("*.pid"):
        if file.read_text() and psutil.pid_exists(int(file.read_text())):
            os.kill(int(file.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_leaves_no_process(place: Path, number: signal.Signals) -> None:
    toy = Toy(place, "server", "calm", "parent")
    family = toy.family()
    assert len(family) == 5  # the grandchild and the guard among them
    toy.process.send_signal(number)
    assert toy.process.wait(10) == 0
    # Whoever was killed still needs a moment of the processor to die.
    until(lambda: gone(family), 2)
    assert not (place / "children.json").exists()


def test_the_servers_stop_after_those_who_stand_on_them(place: Path) -> None:
    toy = Toy(place, "server", "calm")
    toy.process.send_signal(signal.SIGTERM)
    toy.process.wait(10)
    assert (place / "order").read_text().split() == ["calm", "server"]


def test_a_killed_child_is_started_again_and_its_own_children_are_gone(place: Path) -> None:
    toy = Toy(place, "parent")
    first, grandchild = toy.pid("parent"), psutil.Process(int((place / "grandchild.pid").read_text()))
    os.kill(first, signal.SIGKILL)
    until(lambda: toy.pid("parent") != first and toy.pid("parent"))
    assert gone([grandchild])
    assert "parent     | ended (by SIGKILL); starting again in 0.5 s" in toy.said()
    toy.process.terminate()
    toy.process.wait(10)


def test_a_child_that_may_end_is_not_started_again(place: Path) -> None:
    toy = Toy(place, "calm", "brief")
    until(lambda: not psutil.pid_exists(toy.pid("brief")))
    # A child that must not end is back by then, and the loop has looked at both.
    os.kill(calm := toy.pid("calm"), signal.SIGKILL)
    until(lambda: toy.pid("calm") not in (0, calm))
    assert (place / "starts").read_text() == "once "
    assert "brief      | ended" not in toy.said()
    toy.process.terminate()
    assert toy.process.wait(10) == 0


def test_a_child_that_does_not_stop_is_killed_in_the_end(place: Path) -> None:
    toy = Toy(place, "stubborn")
    toy.process.terminate()
    assert toy.process.wait(10) == 0
    assert "stubborn   | did not stop in time; killed" in toy.said()


def test_a_second_ctrl_c_does_not_wait(place: Path) -> None:
    toy = Toy(place, "cherished")
    toy.process.send_signal(signal.SIGINT)
    until((place / "heard").exists)
    toy.process.send_signal(signal.SIGINT)
    toy.process.wait(10)


def test_children_end_even_when_the_supervisor_is_killed(place: Path) -> None:
    toy = Toy(place, "server", "parent")
    # A child may have begun before its name is in the list.
    until(lambda: len(recall(place / "children.json")) == 2)
    family = toy.family()
    toy.process.kill()
    toy.process.wait()
    until(lambda: gone(family))


def test_a_killed_guard_is_replaced(place: Path) -> None:
    toy = Toy(place, "calm")
    [guard] = [member for member in toy.family() if member.pid != toy.pid("calm")]
    guard.kill()
    until(lambda: {member.pid for member in toy.family()} - {guard.pid, toy.pid("calm")})
    toy.process.terminate()
    assert toy.process.wait(10) == 0


def test_every_line_of_a_child_carries_its_name(place: Path) -> None:
    toy = Toy(place, "calm")
    until(lambda: "calm       | I live\n" in toy.said())
    toy.process.terminate()
    toy.process.wait(10)
