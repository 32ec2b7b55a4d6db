"""What the person who starts the hub wants: the command line over the environment over `.env`."""

import argparse
import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import psutil
from dotenv import dotenv_values

from rdos.environment import PROJECT_DIR, Environment, Misconfigured
from rdos.up.problems import CannotStart

EVERYWHERE = "0.0.0.0"  # noqa: S104 - only ever used when `--lan` asks for it


@dataclass(frozen=True)
class Options:
    host: str
    port: int
    lan: bool
    tls: bool
    nats_port: int
    mqtt_port: int
    simulate: int
    directory: Path

    @property
    def everywhere(self) -> bool:
        return self.host in {EVERYWHERE, "::"}

    @property
    def bus_host(self) -> str:
        return EVERYWHERE if self.lan else "127.0.0.1"

    @property
    def reached_at(self) -> str:
        """Where this machine itself reaches the hub."""
        return {EVERYWHERE: "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    @property
    def address(self) -> str:
        host = f"[{self.reached_at}]" if ":" in self.reached_at else self.reached_at
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


def configured() -> Environment:
    """What is really configured: not what another hub on this directory has written for its neighbours."""
    from_file = {key: value for key, value in dotenv_values(PROJECT_DIR / ".env", interpolate=False).items() if value}
    return Environment({**from_file, **os.environ})


def read(arguments: list[str], environment: Environment) -> Options:
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        return Options(
            host=given.host or (EVERYWHERE if given.lan else environment.text("HOST")),
            port=given.port or environment.integer("PORT", least=1),
            lan=given.lan,
            tls=given.tls,
            nats_port=environment.integer("NATS_PORT", least=1),
            mqtt_port=environment.integer("MQTT_PORT", least=1),
            simulate=0 if given.no_simulate else environment.integer("RDOS_SIMULATE"),
            directory=directory(environment),
        )
    except Misconfigured as problem:
        raise CannotStart(str(problem)) from problem


def directory(environment: Environment) -> Path:
    given = environment.raw("RDOS_VAR_DIR")
    return (Path(given).expanduser() if given else PROJECT_DIR / "var").absolute()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start the hub and everything it needs.")
    parser.add_argument("--host", help="address to listen on (HOST, 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (PORT, 8000)")
    parser.add_argument("--lan", action="store_true", help="let the local network in: the console, NATS and MQTT")
    parser.add_argument("--tls", action="store_true", help="serve https with a self-signed certificate")
    parser.add_argument("--no-simulate", action="store_true", help="start without the virtual nodes of a fresh hub")
    return parser


def lan_addresses() -> list[str]:
    """The addresses by which the local network knows this machine."""
    found = [address for addresses in psutil.net_if_addrs().values() for address in addresses]
    return [
        entry.address for entry in found if entry.family == socket.AF_INET and not ip_address(entry.address).is_loopback
    ]
