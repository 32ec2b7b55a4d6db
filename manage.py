#!/usr/bin/env python3
"""The one command of RDOS: `python3 manage.py up` starts the hub, `python3 manage.py test` proves it."""

import os
import subprocess
import sys

# Commands that make the environment they need; all others use what is already there.
PREPARED = {
    "up": "requirements.txt",
    "test": "requirements-dev.txt",
    "check-all": "requirements-dev.txt",
    "bench": "requirements-dev.txt",
}


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - said in words, to whoever tries an older one
        print("RDOS needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info[:2]), file=sys.stderr)
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")
    from rdos.up import bootstrap

    command = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if command in PREPARED:
            bootstrap.prepare(PREPARED[command])
        else:
            bootstrap.borrow()
    except bootstrap.CannotPrepare as problem:
        print(problem, file=sys.stderr)
        return 1
    return run(command, sys.argv[2:])


def run(command: str, arguments: list[str]) -> int:
    if command == "up":
        from rdos.up.main import main as up

        return up(arguments)
    if command in {"test", "check-all"}:
        from rdos.up.testing import main as prove

        return prove(arguments, suite=command == "test")
    if command in {"backup", "restore"}:
        from rdos.up.aside import main as aside

        return aside(command, arguments, lambda: django(command, arguments))
    if command == "bench":
        from rdos.up.bootstrap import PROJECT_DIR

        script = PROJECT_DIR / "tests" / "benchmarks" / "run.py"
        return subprocess.run([sys.executable, str(script), *arguments], check=False).returncode
    return django(command, arguments)


def django(command: str, arguments: list[str]) -> int:
    from django.core.management import execute_from_command_line

    if command in {"", "help", "--help", "-h"} and not arguments:
        print("Beside Django's commands: up (start the hub), test (prove it), check-all, bench.\n")
    spelled = command if command.startswith("-") else command.replace("-", "_")
    execute_from_command_line([sys.argv[0], *([spelled] if spelled else []), *arguments])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
