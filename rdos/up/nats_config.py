"""The bus's configuration: how the server runs. Who may say and hear what: rdos/up/nats_users.py."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rdos.up import nats_users
from rdos.up.nats_users import ANONYMOUS, Hub
from rdos.up.state import write_private

MAIN, USERS = "nats.conf", "users.conf"


@dataclass(frozen=True)
class Listeners:
    host: str
    port: int
    mqtt_port: int


def render(listeners: Listeners, hub: Hub, *, store: Path) -> str:
    """The file nats-server reads, and what it includes; every string in it is quoted as JSON."""
    return "\n".join(
        [
            "server_name: rdos",
            f"host: {_word(listeners.host)}",
            f"port: {listeners.port}",
            "max_payload: 1MB",
            "max_connections: 4096",
            "logtime: false",
            f"jetstream {{ store_dir: {_word(str(store))}, max_memory_store: 64MB, max_file_store: 1GB }}",
            f"mqtt {{ host: {_word(listeners.host)}, port: {listeners.mqtt_port}, no_auth_user: {_word(ANONYMOUS)} }}",
            f"no_auth_user: {_word(ANONYMOUS)}",
            "system_account: SYSTEM",
            nats_users.accounts(hub, USERS),
            "",
        ]
    )


def write_main(directory: Path, text: str, *, owner: tuple[int, int] | None = None) -> Path:
    path = directory / MAIN
    write_private(path, text, owner=owner or _owner(path))
    return path


def write_users(directory: Path, hub: Hub, devices: Mapping[str, str], *, owner: tuple[int, int] | None = None) -> bool:
    """False: it held this already."""
    path, text = directory / USERS, nats_users.render(hub, devices)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    write_private(path, text, owner=owner or _owner(directory / MAIN))
    return True


def _owner(neighbour: Path) -> tuple[int, int] | None:
    """As root the server runs as somebody else, who must be able to read what is written for it."""
    if os.geteuid() != 0 or not neighbour.exists():
        return None
    found = neighbour.lstat()
    return found.st_uid, found.st_gid


def _word(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
