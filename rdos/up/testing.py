"""`manage.py test`: every check, then the whole suite, against real servers that live as long as the run."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
SCRIPTS = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "ruff check": [str(SCRIPTS / "ruff"), "check", "."],
    "ruff format": [str(SCRIPTS / "ruff"), "format", "--check", "."],
    "imports": [str(SCRIPTS / "lint-imports")],
    "house": [sys.executable, "-m", "tests.architecture"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "schema": [*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull],
    "types": [sys.executable, "-m", "mypy", "."],
}
# What must also hold on SQLite: one functional pass, not every proof.
SQLITE_TESTS = ("tests/accounts", "tests/backups", "tests/devices", "tests/flows", "tests/kernel", "tests/telemetry")


@dataclass(frozen=True)
class Result:
    name: str
    code: int
    said: str
    seconds: float


def main(arguments: list[str], *, suite: bool) -> int:
    chosen, rest = _parser().parse_known_args(arguments)
    os.chdir(PROJECT_DIR)
    sys.path.insert(0, str(PROJECT_DIR))
    from tests import servers

    os.environ.update(servers.start())
    try:
        if not (chosen.no_checks or chosen.sqlite) and not _checks_pass():
            return 1
        return _pytest(rest, sqlite=chosen.sqlite) if suite else 0
    finally:
        servers.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py test", description="Prove the hub. Other arguments go to pytest.")
    parser.add_argument("--no-checks", action="store_true", help="the suite alone")
    parser.add_argument("--sqlite", action="store_true", help="the functional pass on SQLite, without the checks")
    return parser


def _checks_pass() -> bool:
    """Side by side on as many cores as there are, told in their declared order up to the first that fails."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        asked = [pool.submit(_check, name, command) for name, command in CHECKS.items()]
        passed = all(_told(answer.result()) for answer in asked)
        pool.shutdown(cancel_futures=True)
    return passed


def _check(name: str, command: list[str]) -> Result:
    begun = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return Result(name, done.returncode, done.stdout, time.monotonic() - begun)


def _told(result: Result) -> bool:
    print(f"{result.name:<12} {'passed' if result.code == 0 else 'FAILED'} {result.seconds:6.1f} s", flush=True)
    if result.code:
        print(result.said, flush=True)
    return result.code == 0


def _pytest(arguments: list[str], *, sqlite: bool) -> int:
    command = [sys.executable, "-m", "pytest", *_workers(arguments), *_selection(arguments), *arguments]
    if not sqlite:
        return subprocess.run(command, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="rdos-sqlite-") as folder:
        environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder}/hub.sqlite3"}
        folders = [name for name in SQLITE_TESTS if Path(name).is_dir()]
        return subprocess.run([*command, *folders], env=environment, check=False).returncode


def _workers(arguments: list[str]) -> list[str]:
    return [] if "-n" in arguments else ["-n", "2", "--dist", "loadfile"]


def _selection(arguments: list[str]) -> list[str]:
    return [] if "-m" in arguments else ["-m", "not slow"]
