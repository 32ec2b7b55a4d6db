import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from rdos.up import lodging
from rdos.up.nats import Nats
from rdos.up.redis import Redis
from tests.up.hosting import scratch

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody else to lodge")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """/var/lib/rdos belongs to real hubs; the tests have a place of their own."""
    with scratch() as place:
        monkeypatch.setattr(lodging, "ELSEWHERE", place / "lib" / "rdos")
        yield place / "lib" / "rdos"


@pytest.fixture
def closed() -> Iterator[Path]:
    with scratch() as place:
        (place / "private" / "var").mkdir(parents=True)
        (place / "private").chmod(0o700)
        yield place / "private" / "var"


@as_root
def test_an_open_state_directory_is_lodging_enough() -> None:
    with scratch() as place:
        found = lodging.lodge(place)
        assert found.root == place
        assert found.person is not None
        assert found.person.uid != 0


@as_root
def test_below_a_closed_folder_the_servers_live_elsewhere_and_the_next_start_knows_where(
    elsewhere: Path, closed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere.parent.mkdir()
    elsewhere.parent.chmod(0o755)
    first = lodging.lodge(closed)
    assert first.root.parent == elsewhere
    assert str(first.root) in capsys.readouterr().out
    assert lodging.lodge(closed).root == first.root
    assert capsys.readouterr().out == ""


@as_root
def test_a_lost_state_directory_never_takes_over_the_data_it_left(elsewhere: Path, closed: Path) -> None:
    elsewhere.parent.mkdir()
    elsewhere.parent.chmod(0o755)
    first = lodging.lodge(closed)
    (closed / "lodging").unlink()
    assert lodging.lodge(closed).root == first.root.with_name(f"{first.root.name}-2")


@as_root
def test_a_room_is_closed_and_belongs_to_the_server() -> None:
    with scratch() as place:
        found = lodging.lodge(place)
        room = found.room("nats")
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        assert found.person is not None
        assert room.stat().st_uid == found.person.uid


@as_root
def test_giving_a_link_away_leaves_its_target_alone() -> None:
    with scratch() as place:
        (place / "target").touch()
        (place / "link").symlink_to(place / "target")
        found = lodging.lodge(place)
        found.give(place / "link")
        assert found.person is not None
        assert (place / "link").lstat().st_uid == found.person.uid
        assert (place / "target").stat().st_uid == 0


@as_root
def test_a_note_belongs_to_the_server_and_lies_where_the_server_cannot_replace_it() -> None:
    with scratch() as place:
        found = lodging.lodge(place)
        note = found.note(place / "nats.conf", "text")
        assert found.person is not None
        assert note.stat().st_uid == found.person.uid
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        assert note.parent.stat().st_uid == 0
        assert not note.parent.stat().st_mode & 0o022


@as_root
@pytest.mark.parametrize("server", ["nats", "redis"])
def test_root_writes_nothing_inside_the_rooms_of_its_servers(server: str) -> None:
    with scratch() as place:
        found = lodging.lodge(place)
        programs = {
            "nats": Nats(found, "127.0.0.1", 4222, 1883, "hub", "secret").program,
            "redis": Redis(found, 6379, "secret").program,
        }
        programs[server]()
        assert list((place / server).iterdir()) == []


def test_a_copied_program_can_be_run_by_everybody_whatever_the_umask() -> None:
    with scratch() as place:
        source = place / "source"
        source.mkdir(mode=0o700)
        (source / "run").write_text("#!/bin/sh\n")
        (source / "run").chmod(0o700)
        old = os.umask(0o077)
        try:
            copy = lodging.Lodging(place, lodging.Person(65534, 65534)).copy(source, "thing-1/inner")
        finally:
            os.umask(old)
        assert (copy / "run").stat().st_mode & 0o055 == 0o055
        assert lodging.walkable(copy)


def test_a_program_behind_a_closed_door_is_out_of_reach(closed: Path) -> None:
    program = closed / "postgres"
    program.touch(mode=0o755)
    assert not lodging.Lodging(closed, lodging.Person(65534, 65534)).within_reach(program)
    assert lodging.Lodging(closed, None).within_reach(program)
