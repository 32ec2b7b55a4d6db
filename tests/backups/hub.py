"""A hub with something in it, and another one that is empty."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from django.db import connection

from devices.models import BusNode, Node
from rdos.kernel.encryption import conceal
from rdos.kernel.journal import seal
from rdos.kernel.master_key import check_master_key
from tests.devices import told
from tests.doors.running import PROJECT
from tests.flows import story

ADMIN_TOKEN = "node-red-admin-7f3a"
MIRRORED = '{"nodes": {}}'


def fill(var: Path) -> Node:
    """Nodes, a flow, a secret of a node, sealed entries, and a mirrored file."""
    check_master_key()
    node = told.node(connected=False)
    bus = BusNode(node=node, kind="esp32")
    conceal(bus, "admin_token", ADMIN_TOKEN)
    bus.save(force_insert=True)
    story.flow_that_runs()
    seal()
    for place, text in (("workflows/abc/1.json", MIRRORED), ("secrets/master-key", "never"), ("hub.env", "never")):
        (var / place).parent.mkdir(parents=True, exist_ok=True)
        (var / place).write_text(text)
    return node


@dataclass(frozen=True)
class Elsewhere:
    """Another hub: a database and a state folder of its own, reached by commands only."""

    url: str
    var: Path

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"DATABASE_URL": self.url, "RDOS_VAR_DIR": str(self.var)} | variables
        line = [sys.executable, "manage.py", *command]
        return subprocess.run(line, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def elsewhere(folder: Path) -> Iterator[Elsewhere]:
    var = folder / "elsewhere"
    var.mkdir()
    if connection.vendor == "sqlite":
        yield Elsewhere(f"sqlite:///{folder}/elsewhere.sqlite3", var)
        return
    name, server = f"elsewhere_{uuid4().hex[:8]}", os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as line:
        line.execute(f"CREATE DATABASE {name}")
        try:
            yield Elsewhere(urlunsplit(urlsplit(server)._replace(path=f"/{name}")), var)
        finally:
            line.execute(f"DROP DATABASE {name} WITH (FORCE)")


def proof_databases() -> list[str]:
    """What a proof makes for itself and has to take away again."""
    if connection.vendor == "sqlite":
        return [path.name for path in Path(str(connection.settings_dict["NAME"])).parent.glob(".rdos-copy-*")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'rdos\\_proof\\_%%'")
        return [name for (name,) in cursor.fetchall()]
