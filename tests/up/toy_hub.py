"""A supervisor over toy programs, run as a process of its own by test_supervisor.

Arguments: a directory, then one word per program: `calm` ends when asked, `stubborn` does not, nor does `cherished`,
whom the supervisor would wait for much longer; `parent` has a child, `brief` ends by itself, which is its right.
"""

import contextlib
import sys
from pathlib import Path

from rdos.up.console import Console
from rdos.up.programs import Program
from rdos.up.supervisor import Stopped, Supervisor

NOTE = "import os, pathlib, sys, time, subprocess, signal; place = pathlib.Path(sys.argv[1]);"
WRITE = "(place / f'{sys.argv[2]}.pid').write_text(str(os.getpid()));"
STOPPED = (
    "signal.signal(signal.SIGTERM, lambda *_: ((place / 'order').open('a').write(sys.argv[2] + '\\n'), sys.exit()));"
)
HEARD = "signal.signal(signal.SIGTERM, lambda *_: (place / 'heard').touch());"
LIVES = "print('I live', flush=True); time.sleep(600)"
KINDS = {
    "calm": NOTE + STOPPED + WRITE + LIVES,
    "server": NOTE + STOPPED + WRITE + LIVES,
    "brief": NOTE + "(place / 'starts').open('a').write('once ');" + WRITE,
    "stubborn": NOTE + "signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WRITE + LIVES,
    "cherished": NOTE + HEARD + WRITE + LIVES,
    "parent": NOTE
    + "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    + "(place / 'grandchild.pid').write_text(str(grandchild.pid));"
    + WRITE
    + LIVES,
}


def main(place: Path, kinds: list[str]) -> None:
    with contextlib.suppress(Stopped), Supervisor(Console(), place / "children.json") as supervisor:
        for kind in kinds:
            argv = [sys.executable, "-c", KINDS[kind], str(place), kind]
            stage = 0 if kind == "server" else 1
            patience = 60.0 if kind == "cherished" else 1.5
            supervisor.start(Program(kind, argv, stop_seconds=patience, stage=stage, may_end=kind == "brief"))
        supervisor.watch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
