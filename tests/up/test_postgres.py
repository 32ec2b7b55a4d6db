"""The embedded PostgreSQL as a child: made, stopped, killed, and started again."""

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from rdos.up.lodging import lodge
from rdos.up.postgres import Postgres
from rdos.up.problems import CannotStart
from rdos.up.programs import end, spawn
from tests.up.hosting import running, scratch, until


@pytest.fixture(scope="module")
def made() -> Iterator[Postgres]:
    with scratch() as directory:
        server = Postgres(lodge(directory), "for-the-superuser", "for the / role")
        server.initialise()
        yield server


def answer(server: Postgres, question: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(question).fetchone()
        return row and row[0]


def test_the_hubs_role_owns_a_database_and_is_no_superuser(made: Postgres) -> None:
    with running(made.program(), made.ready):
        assert answer(made, "SELECT current_user") == "rdos"
        assert answer(made, "SELECT rolsuper FROM pg_roles WHERE rolname = 'rdos'") is False
        assert answer(made, "SELECT rolcreatedb FROM pg_roles WHERE rolname = 'rdos'") is True
        assert answer(made, "SHOW server_encoding") == "UTF8"
        assert answer(made, "SHOW fsync") == "on"


def test_it_listens_on_no_network_and_its_socket_is_private(made: Postgres) -> None:
    with running(made.program(), made.ready) as pid:
        assert [entry for entry in psutil.Process(pid).net_connections("inet") if entry.status == "LISTEN"] == []
        assert stat.S_IMODE(made.socket.stat().st_mode) == 0o700


def test_a_wrong_password_is_refused_even_on_the_socket(made: Postgres) -> None:
    with running(made.program(), made.ready), pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(replace(made, password="wrong").url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has somebody else to run it as")
def test_as_root_it_runs_as_somebody_unprivileged(made: Postgres) -> None:
    with running(made.program(), made.ready) as pid:
        assert psutil.Process(pid).uids().real != 0
        assert psutil.Process(pid).gids().real != 0


def test_lost_secrets_are_said_in_words_instead_of_waited_for(made: Postgres) -> None:
    with running(made.program(), made.ready), pytest.raises(CannotStart, match="do not fit the database"):
        replace(made, password="wrong").ready()


def test_a_graceful_stop_leaves_a_clean_directory(made: Postgres) -> None:
    process = spawn(made.program(), output=None)
    until(made.ready)
    end(process, made.program())
    assert process.returncode == 0
    assert not (made.data / "postmaster.pid").exists()


def test_it_starts_again_after_everything_was_killed(made: Postgres) -> None:
    process = spawn(made.program(), output=None)
    until(made.ready)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
    for member in family:
        # Those behind the first follow it by themselves.
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    assert (made.data / "postmaster.pid").exists()
    with running(made.program(), made.ready):
        assert answer(made, "SELECT 1") == 1


def test_a_pid_file_naming_a_stranger_does_not_prevent_the_start(made: Postgres) -> None:
    (made.data / "postmaster.pid").write_text(f"{os.getppid()}\n{made.data}\n1\n5432\n\n\n\n")
    with running(made.program(), made.ready):
        assert answer(made, "SELECT 1") == 1
    assert psutil.pid_exists(os.getppid())


def test_a_server_that_outlived_its_supervisor_is_ended_first(made: Postgres) -> None:
    orphan = spawn(made.program(), output=None)
    until(made.ready)
    with running(made.program(), made.ready) as pid:
        assert pid != orphan.pid
        assert orphan.wait() is not None


def test_a_data_directory_left_half_made_is_made_anew() -> None:
    with scratch() as directory:
        server = Postgres(lodge(directory), "a", "b")
        (directory / "postgres-new").mkdir()
        (directory / "postgres-new" / "base").touch()
        server.initialise()
        with running(server.program(), server.ready):
            assert answer(server, "SELECT 1") == 1


def test_a_long_path_gets_a_short_socket_directory() -> None:
    with scratch() as directory:
        deep = directory / ("d" * 60) / ("e" * 60)
        deep.mkdir(parents=True)
        server = Postgres(lodge(deep), "a", "b")
        assert len(os.fsencode(server.socket)) < 100
        server.initialise()
        with running(server.program(), server.ready):
            assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        server.remove_socket_directory()
        assert not server.socket.exists()


def test_it_is_told_to_stop_fast_rather_than_to_wait_for_its_clients(made: Postgres) -> None:
    assert made.program().stop_signal is signal.SIGINT
    assert Path(made.program().argv[0]).name == "postgres"
