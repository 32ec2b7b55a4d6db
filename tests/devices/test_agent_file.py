"""/agent.pyz: one file, the same at every build, carrying what it needs."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from devices.services.agent_file import build


def contents() -> list[str]:
    return zipfile.ZipFile(io.BytesIO(build())).namelist()


def test_two_builds_are_the_same_bytes() -> None:
    first = build()
    build.cache_clear()
    assert build() == first


def test_it_carries_the_library_with_its_licence_and_without_its_binaries() -> None:
    names = contents()
    assert "__main__.py" in names
    assert "websockets/asyncio/client.py" in names
    assert "websockets/LICENSE" in names
    assert not [name for name in names if not name.endswith((".py", "LICENSE"))]


def test_it_carries_no_servers_and_no_older_interfaces() -> None:
    assert not [name for name in contents() if "server" in name or "legacy" in name]


def test_it_is_small_enough_to_be_fetched_by_any_node() -> None:
    assert len(build()) < 200_000


def test_it_runs_isolated_and_without_site_packages(tmp_path: Path) -> None:
    file = tmp_path / "agent.pyz"
    file.write_bytes(build())
    command = [sys.executable, "-I", "-S", str(file), "--version"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert result.stdout.strip() == "1.0.0"
