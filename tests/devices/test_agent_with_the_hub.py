"""The line that is shown beside a new node's token, typed on a machine with nothing but Python."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from django.utils import timezone

from devices.models import Node
from devices.services import nodes
from tests.devices.conftest import until
from tests.devices.hub import Hub
from tests.people import Person


def test_the_agent_is_fetched_registers_and_obeys(hub: Hub, admin: Person, operator: Person, tmp_path: Path) -> None:
    row, token = nodes.create(actor=admin.actor, name="Desk", device_type="agent", at=timezone.now())
    file = tmp_path / "agent.pyz"
    fetched = httpx.get(f"{hub.url}/agent.pyz", trust_env=False)
    assert fetched.status_code == 200 and fetched.headers["Content-Disposition"].endswith('"agent.pyz"')
    file.write_bytes(fetched.content)
    again = httpx.get(f"{hub.url}/agent.pyz", headers={"If-None-Match": fetched.headers["ETag"]}, trust_env=False)
    assert again.status_code == 304
    started = [sys.executable, "-I", str(file), "--hub", hub.url, "--token", token, "--state", str(tmp_path / "state")]
    agent = subprocess.Popen(started, stderr=subprocess.PIPE)
    try:
        until(lambda: Node.objects.filter(pk=row.pk, status="online", last_health__isnull=False).exists(), 20)
        assert tell(hub, operator, row, {"type": "ping"}) == (200, {"pong": True})
        status, config = tell(hub, operator, row, {"type": "get_config"})
        assert status == 200 and isinstance(config, dict)
        wanted = {"type": "update_config", "config": {"stats_interval_secs": 2}}
        assert tell(hub, operator, row, wanted)[0] == 200
        assert tell(hub, operator, row, {"type": "get_config"})[1]["stats_interval_secs"] == 2
        assert tell(hub, operator, row, {"type": "run", "script": "../../bin/sh"})[0] in (400, 422)
    finally:
        agent.terminate()
        _, said = agent.communicate(timeout=10)
    assert agent.returncode == 0 and token not in said.decode()
    until(lambda: Node.objects.filter(pk=row.pk, status="offline").exists())


def tell(hub: Hub, person: Person, row: Node, action: dict[str, Any]) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {person.signed_in.access_token}"}
    url = f"{hub.url}/api/v1/nodes/{row.pk}/command"
    answer = httpx.post(url, json={"action": action}, headers=headers, timeout=20, trust_env=False)
    return answer.status_code, answer.json().get("data")
