"""The shape of the house, and proof that its guards are awake: each is shown a fault and must bark.

Nothing here skips: a tool that is missing is a failure.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import PACKAGES, ROOT, faults

BIN = Path(sys.executable).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree without its state, to plant faults in."""
    for name in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(tool: str, *arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    program = BIN / tool
    assert program.is_file(), f"{tool} is not installed: python3 manage.py test installs it"
    return subprocess.run([program, *arguments], cwd=root, capture_output=True, text=True, timeout=110, check=False)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_the_house_stands_as_drawn() -> None:
    assert faults() == []


def test_every_import_contract_is_kept() -> None:
    result = run("lint-imports", root=ROOT)
    assert result.returncode == 0, result.stdout


def test_a_lower_app_that_imports_a_higher_one_is_caught(copy: Path) -> None:
    append(copy / "accounts/queries.py", "\nimport telemetry.apps\n")
    result = run("lint-imports", root=copy)
    assert result.returncode != 0
    assert "accounts is not allowed to import telemetry" in result.stdout


def test_a_service_that_imports_a_door_is_caught(copy: Path) -> None:
    append(copy / "accounts/services/tokens.py", "\nimport accounts.api.tokens\n")
    result = run("lint-imports", root=copy)
    assert result.returncode != 0
    assert "accounts.services.tokens -> accounts.api.tokens" in result.stdout


def test_an_app_that_opens_another_apps_door_is_caught(copy: Path) -> None:
    append(copy / "devices/services/nodes.py", "\nimport accounts.api.users\n")
    result = run("lint-imports", root=copy)
    assert result.returncode != 0
    assert "devices.services" in result.stdout


def test_a_kernel_that_knows_an_app_is_caught(copy: Path) -> None:
    append(copy / "rdos/kernel/lifecycle.py", "\nimport accounts.choices\n")
    assert run("lint-imports", root=copy).returncode != 0


def test_a_module_that_no_floor_declares_is_caught(copy: Path) -> None:
    (copy / "accounts/attic.py").write_text("")
    result = run("lint-imports", root=copy)
    assert result.returncode != 0
    assert "attic" in result.stdout


def test_a_circle_of_siblings_is_caught(copy: Path) -> None:
    append(copy / "accounts/services/locks.py", "\nimport accounts.services.logins\n")
    assert run("lint-imports", root=copy).returncode != 0


def test_a_module_of_401_lines_is_caught(copy: Path) -> None:
    (copy / "devices/long.py").write_text("\n" * 401)
    assert faults(copy) == ["devices/long.py has 401 lines; 400 is the most."]


def test_a_module_of_400_lines_is_not(copy: Path) -> None:
    (copy / "devices/long.py").write_text("\n" * 400)
    assert faults(copy) == []


def test_a_stray_utils_module_is_caught(copy: Path) -> None:
    (copy / "flows/utils.py").write_text("")
    assert faults(copy) == ["flows/utils.py is named after nothing; name it after its noun."]


def test_a_folder_nobody_declared_is_caught(copy: Path) -> None:
    (copy / "shed").mkdir()
    assert any("shed/" in fault for fault in faults(copy))


@pytest.mark.parametrize(
    "line", ["from django.db.models.signals import post_save", "from django.dispatch import receiver"]
)
def test_signals_are_caught(copy: Path, line: str) -> None:
    (copy / "devices/loud.py").write_text(f"{line}\n")
    result = run("ruff", "check", "--no-cache", "devices/loud.py", root=copy)
    assert result.returncode != 0
    assert "TID251" in result.stdout


def test_a_naive_moment_is_caught(copy: Path) -> None:
    (copy / "devices/naive.py").write_text("from datetime import datetime\n\nnow = datetime.now()\n")
    assert "DTZ005" in run("ruff", "check", "--no-cache", "devices/naive.py", root=copy).stdout


@pytest.mark.parametrize("tool", ["ruff", "mypy", "lint-imports", "pytest"])
def test_every_tool_of_the_check_is_installed(tool: str) -> None:
    assert (BIN / tool).is_file()
