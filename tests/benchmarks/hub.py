"""The hub under measurement: one gateway process on real servers, which end with the benchmark's own process."""

import json
import os
import resource
import subprocess
import sys
import urllib.request
from functools import cache

from tests import servers
from tests.benchmarks.measuring import PROJECT, Server

PASSWORD = "Correct-Horse-9-Battery"
GATEWAY = Server("the hub", ["manage.py", "gateway", "--port", "{port}"])


@cache
def stand_on_servers() -> None:
    os.environ.update(servers.start(durable=True))
    os.environ["RDOS_ADMIN_PASSWORD"] = PASSWORD
    os.environ["LOG_LEVEL"] = "error"
    allow_many_sockets()
    for command in ("migrate", "ensure_admin"):
        subprocess.run([sys.executable, "manage.py", command], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


def signed_in(port: int) -> str:
    body = json.dumps({"username": "admin", "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/auth/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["access_token"])


def allow_many_sockets() -> None:
    """Inherited by every server that is started afterwards."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
