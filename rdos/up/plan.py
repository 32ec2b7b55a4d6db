"""The hub's own programs, and the environment they run in."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from rdos.environment import PROJECT_DIR, Environment
from rdos.up.options import Options, lan_addresses
from rdos.up.programs import Program
from rdos.up.servers import Servers
from rdos.up.state import State

MANAGE = str(PROJECT_DIR / "manage.py")


def environment_of(options: Options, configured: Environment, servers: Servers, state: State) -> dict[str, str]:
    """This process's environment, completed by what nobody configured."""
    wanted = {
        "RDOS_VAR_DIR": str(options.directory),
        "HOST": options.host,
        "PORT": str(options.port),
        "NATS_PORT": str(options.nats_port),
        "MQTT_PORT": str(options.mqtt_port),
        "DJANGO_SETTINGS_MODULE": "rdos.settings",
        "PYTHONUNBUFFERED": "1",
        **servers.addresses(),
    }
    if not configured.text("RDOS_MASTER_KEY"):
        wanted["RDOS_MASTER_KEY"] = state.secret("master-key")
    if configured.raw("ALLOWED_HOSTS") is None:
        wanted["ALLOWED_HOSTS"] = ",".join(_names(options))
    if options.tls:
        wanted["RDOS_HTTPS"] = "true"
        wanted["RDOS_SELF_SIGNED"] = "true"
    return {**os.environ, **wanted}


def effective(configured: Environment, environment: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The values other commands need, wherever they came from."""
    return {name: environment.get(name) or configured.text(name) for name in names}


def _names(options: Options) -> list[str]:
    host = f"[{options.host}]" if ":" in options.host else options.host
    names = ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), host]
    if options.everywhere:
        names += [f"{socket.gethostname()}.local", *lan_addresses()]
    return list(dict.fromkeys(names))


def preparation(environment: Mapping[str, str]) -> Program:
    return _manage("prepare", [sys.executable, "-m", "rdos.up.prepare"], environment)


def hub_programs(options: Options, environment: Mapping[str, str], pair: tuple[Path, Path] | None) -> list[Program]:
    """In the order of their start."""
    commands = {
        "gateway": ["gateway", "--host", options.host, "--port", str(options.port), *_tls(pair)],
        "worker": ["worker"],
        "clock": ["worker", "--clock"],
        "beat": ["beat"],
        "bridge": ["bridge"],
    }
    if options.simulate:
        commands["simulate"] = ["simulate", "--as-a-welcome", *_simulated(options)]
    return [_manage(name, [sys.executable, MANAGE, *command], environment) for name, command in commands.items()]


def _simulated(options: Options) -> list[str]:
    """Our own certificate is signed by nobody."""
    return ["--nodes", str(options.simulate), "--url", options.address, *(["--insecure"] if options.tls else [])]


def _tls(pair: tuple[Path, Path] | None) -> list[str]:
    return ["--tls-cert", str(pair[0]), "--tls-key", str(pair[1])] if pair else []


def _manage(name: str, argv: list[str], environment: Mapping[str, str]) -> Program:
    may_end = name == "simulate"
    return Program(name, argv, environment=environment, directory=PROJECT_DIR, stage=1, may_end=may_end)
