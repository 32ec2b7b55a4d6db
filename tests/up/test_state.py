import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from rdos.up import bootstrap, state
from rdos.up.problems import CannotStart


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    held = state.hold(tmp_path / "var")
    first = held.secret("redis")
    assert held.secret("redis") == first
    assert len(first) >= 40
    assert held.secret("nats") != first
    assert mode(tmp_path / "var/secrets/redis") == 0o600
    assert mode(tmp_path / "var/secrets") == 0o700
    held.release()


def test_a_directory_of_secrets_left_open_is_closed_again(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o755)
    held = state.hold(tmp_path)
    held.secret("redis")
    assert mode(tmp_path / "secrets") == 0o700
    held.release()


def test_the_state_directory_is_closed_to_others(tmp_path: Path) -> None:
    state.hold(tmp_path / "var").release()
    assert mode(tmp_path / "var") == (0o711 if os.geteuid() == 0 else 0o700)


def test_only_the_owner_can_open_the_lock_even_one_an_older_hub_left_open(tmp_path: Path) -> None:
    state.hold(tmp_path).release()
    assert mode(tmp_path / "up.lock") == 0o600
    (tmp_path / "up.lock").chmod(0o644)
    state.hold(tmp_path).release()
    assert mode(tmp_path / "up.lock") == 0o600


def test_a_private_file_is_never_written_through_a_link_at_its_drafts_name(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / f".note.{os.getpid()}").symlink_to(victim)
    state.write_private(tmp_path / "note", "new")
    assert victim.read_text() == "untouched"
    assert (tmp_path / "note").read_text() == "new"
    assert not (tmp_path / "note").is_symlink()


def test_a_leftover_draft_that_others_hold_open_is_not_written_to(tmp_path: Path) -> None:
    draft = tmp_path / f".note.{os.getpid()}"
    draft.touch(mode=0o644)
    with draft.open() as held_open:
        state.write_private(tmp_path / "note", "secret")
        assert held_open.read() == ""
    assert mode(tmp_path / "note") == 0o600


def test_a_second_holder_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    held = state.hold(tmp_path)
    with pytest.raises(CannotStart, match=rf"process {os.getpid()}\) already runs on"):
        state.hold(tmp_path)
    held.release()
    state.hold(tmp_path).release()


def test_a_killed_holder_leaves_nothing_locked(tmp_path: Path) -> None:
    here = f"state.hold(Path({str(tmp_path)!r}))"
    asked = f"from pathlib import Path; from rdos.up import state; h = {here}; print(1, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", asked], cwd=bootstrap.PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout and holder.stdout.readline()
    with pytest.raises(CannotStart, match=f"process {holder.pid}"):
        state.hold(tmp_path)
    holder.kill()
    holder.communicate()
    state.hold(tmp_path).release()


def test_what_a_running_hub_tells_is_private_and_read_back_as_it_was(tmp_path: Path) -> None:
    held = state.hold(tmp_path)
    told = {"DATABASE_URL": "postgresql://me:it's $HOME \\ #1@/x", "REDIS_URL": "redis://:p@h/0", "PATH": "/bin"}
    held.tell(told)
    assert mode(tmp_path / "hub.env") == 0o600
    read = dotenv_values(tmp_path / "hub.env", interpolate=False)
    assert read == {"DATABASE_URL": told["DATABASE_URL"], "REDIS_URL": told["REDIS_URL"]}
    held.untell()
    assert not (tmp_path / "hub.env").exists()
    held.release()


def test_a_place_that_cannot_be_a_directory_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="cannot be used"):
        state.hold(tmp_path / "file" / "var")
