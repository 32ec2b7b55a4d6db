"""A real Node-RED from npm, with a token of its own and flows of somebody else."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.ports import free

VERSION = "4.1.15"
TOKEN = "kitchen-secret"
INSTALL_SECONDS, START_SECONDS = 180, 60
FOREIGN: list[dict[str, Any]] = [
    {"id": "foreign-tab", "type": "tab", "label": "Somebody's own", "disabled": False, "info": "", "env": []},
    {"id": "foreign-fn", "type": "function", "z": "foreign-tab", "name": "", "func": "return msg;", "outputs": 1,
     "x": 100, "y": 100, "wires": [["foreign-debug"]]},
    {"id": "foreign-debug", "type": "debug", "z": "foreign-tab", "name": "", "active": False, "x": 300, "y": 100,
     "wires": []},
]  # fmt: skip
SETTINGS = """
module.exports = {
    flowFile: "flows.json", credentialSecret: "for a test", uiHost: "127.0.0.1",
    adminAuth: {
        type: "credentials", users: [],
        tokens: (token) => Promise.resolve(token === "%s" ? { username: "hub", permissions: "*" } : null),
    },
}
"""


def program() -> Path:
    """Loaded once for this machine and version."""
    place = Path(tempfile.gettempdir()) / f"rdos-node-red-{VERSION}-{os.getuid()}"
    if not place.exists():
        _install(place)
    assert place.stat().st_uid == os.getuid(), f"{place} belongs to somebody else"
    return place / "node_modules" / "node-red" / "red.js"


def _install(place: Path) -> None:
    assert shutil.which("npm"), "This proof needs Node.js with npm, and npm is not on the PATH."
    fresh = Path(tempfile.mkdtemp(prefix=f"{place.name}-"))
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(fresh), f"node-red@{VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    assert done.returncode == 0, f"npm could not install node-red@{VERSION}:\n{done.stderr[-2000:]}"
    try:
        fresh.rename(place)
    except OSError:
        # Another run was quicker.
        shutil.rmtree(fresh)


@dataclass
class NodeRed:
    directory: Path
    port: int = field(default_factory=free)
    process: "subprocess.Popen[bytes] | None" = None
    # How much of its log is of the times before.
    said_before: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.directory / "settings.js").write_text(SETTINGS % TOKEN)
        if not (self.directory / "flows.json").exists():
            (self.directory / "flows.json").write_text(json.dumps(FOREIGN))
        command = ["node", str(program()), "-u", str(self.directory), "-s", str(self.directory / "settings.js")]
        with (self.directory / "node-red.log").open("ab") as log:
            self.said_before = len(self.log)
            self.process = subprocess.Popen([*command, "-p", str(self.port)], stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up():
            assert self.process is not None and self.process.poll() is None, f"Node-RED ended: {self.log[-2000:]}"
            assert time.monotonic() < deadline, f"Node-RED did not start: {self.log[-2000:]}"
            time.sleep(0.1)

    def _is_up(self) -> bool:
        """It may answer before it has read its flows, and read them before it answers."""
        try:
            self.read()
        except (httpx.HTTPError, KeyError, ValueError):
            return False
        return "Started flows" in self.log[self.said_before :]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    @property
    def log(self) -> str:
        return (self.directory / "node-red.log").read_text()

    def _ask(self, method: str, **options: Any) -> Any:
        headers = {"authorization": f"Bearer {TOKEN}", "Node-RED-API-Version": "v2"}
        answer = httpx.request(method, f"{self.url}/flows", headers=headers, timeout=20, trust_env=False, **options)
        return answer.raise_for_status().json()

    def read(self) -> tuple[list[dict[str, Any]], str]:
        said = self._ask("GET")
        return said["flows"], said["rev"]

    @property
    def flows(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.read()[0]}

    @property
    def revision(self) -> str:
        return self.read()[1]

    def edit(self, name: str, **facts: Any) -> None:
        """As somebody does who presses Deploy in the editor."""
        flows, revision = self.read()
        changed = [one | facts if one["id"] == name else one for one in flows]
        self._ask("POST", json={"flows": changed, "rev": revision})
