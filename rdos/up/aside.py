"""One command of Django's beside the embedded database alone: for a hub that does not run, or has never run yet."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rdos.environment import Environment, Misconfigured
from rdos.up import guard, options, state
from rdos.up.console import Console
from rdos.up.lodging import lodge
from rdos.up.plan import MANAGE
from rdos.up.postgres import Postgres
from rdos.up.problems import CannotStart
from rdos.up.programs import Program
from rdos.up.state import State
from rdos.up.supervisor import Stopped, Supervisor

PATIENCE = 60.0
STOPPED = 130


def main(command: str, arguments: list[str], plainly: Callable[[], int]) -> int:
    """`plainly` where there is a database already: a configured one, or that of a hub that runs."""
    try:
        configured = options.configured()
        directory = options.directory(configured)
        if {"-h", "--help"} & {*arguments} or configured.text("DATABASE_URL") or (directory / "hub.sqlite3").exists():
            return plainly()
        try:
            held = state.hold(directory)
        except CannotStart:
            return plainly()
        try:
            return _run(command, arguments, configured, held)
        finally:
            held.release()
    except (CannotStart, Misconfigured) as problem:
        print(problem, file=sys.stderr)
        return 1


def _run(command: str, arguments: list[str], configured: Environment, held: State) -> int:
    register = held.directory / "children.json"
    guard.finish(register)
    held.untell()
    _insist_on_the_key(configured, held)
    postgres = Postgres(lodge(held.directory), held.secret("postgres-superuser"), held.secret("postgres"))
    if command == "backup" and not (postgres.data / "PG_VERSION").exists():
        raise CannotStart(f"There is no hub in {held.directory} yet.")
    code = STOPPED
    with contextlib.suppress(Stopped), Supervisor(Console(), register) as supervisor:
        postgres.initialise()
        supervisor.start(postgres.program())
        supervisor.wait_for(postgres.ready, seconds=PATIENCE, what="PostgreSQL")
        code = supervisor.finish(supervisor.begin(_program(command, arguments, configured, held, postgres), print))
    postgres.remove_socket_directory()
    return code


def _insist_on_the_key(configured: Environment, held: State) -> None:
    """Another hub's archive needs that hub's key; one that is made up now would only be in its way."""
    if not configured.text("RDOS_MASTER_KEY") and not (held.directory / "secrets" / "master-key").exists():
        raise CannotStart(
            "There is no master key here. Give the one of the hub that the archive was made on: as RDOS_MASTER_KEY, "
            f"or as the file {held.directory / 'secrets' / 'master-key'}."
        )


def _program(command: str, arguments: list[str], configured: Environment, held: State, postgres: Postgres) -> Program:
    environment = {
        **os.environ,
        "RDOS_VAR_DIR": str(held.directory),
        "DATABASE_URL": postgres.url,
        "RDOS_MASTER_KEY": configured.text("RDOS_MASTER_KEY") or held.secret("master-key"),
        "PYTHONUNBUFFERED": "1",
    }
    return Program(command, [sys.executable, MANAGE, command, *arguments], environment, Path.cwd(), stage=1)
