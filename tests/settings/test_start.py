"""A hub that does not start, and says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.defpath,
        "DJANGO_SETTINGS_MODULE": "rdos.settings",
        "RDOS_VAR_DIR": str(tmp_path),
        "RDOS_MASTER_KEY": GOOD,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'hub.sqlite3'}",
    }
    return subprocess.run(
        [sys.executable, "-m", "django", "check"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_good_environment_starts(tmp_path: Path) -> None:
    done = start(tmp_path, JWT_ALGORITHM="HS256", DB_ENABLED="true", JWT_SECRET_KEY=GOOD[::-1])
    assert done.returncode == 0, done.stderr


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    done = start(
        tmp_path,
        RDOS_MASTER_KEY="",
        SECRET_KEY="short",
        JWT_SECRET_KEY="please-change-me-please",
        ORCHESTRATOR_ADMIN_API_KEY="aaaaaaaaaaaaaaaaaaaa",
        USE_MEMORY_QUEUE="true",
        DB_ENABLED="false",
        JWT_DEV_MODE="true",
    )
    assert done.returncode != 0
    for reason in (
        "RDOS_MASTER_KEY is missing",
        "SECRET_KEY is shorter",
        "JWT_SECRET_KEY contains the well-known word 'change-me'",
        "ORCHESTRATOR_ADMIN_API_KEY repeats",
        "USE_MEMORY_QUEUE=true is refused",
        "DB_ENABLED=false is refused",
        "JWT_DEV_MODE is refused",
    ):
        assert reason in done.stderr
    assert "please-change-me-please" not in done.stderr


def test_debug_forgives_weak_secrets_but_not_what_cannot_be_honoured(tmp_path: Path) -> None:
    assert start(tmp_path, DEBUG="true", JWT_SECRET_KEY="weak", JWT_DEV_MODE="true").returncode == 0
    done = start(tmp_path, DEBUG="true", ROBOT_AUTH_ENABLED="false")
    assert done.returncode != 0 and "anyone could claim work" in done.stderr


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"DEBUG": "perhaps"}, "DEBUG must be true or false"),
        ({"RDOS_TRUSTED_PROXIES": "everybody"}, "RDOS_TRUSTED_PROXIES"),
        ({"RDOS_ACCENT_HOSTS": "tafy.localhost"}, "RDOS_ACCENT_HOSTS"),
        ({"RDOS_ACCENT_HOSTS": "a.localhost=klingon"}, "RDOS_ACCENT_HOSTS"),
        ({"RDOS_MASTER_KEY": "", "RDOS_MASTER_KEY_FILE": "/nowhere/key"}, "RDOS_MASTER_KEY_FILE cannot be read"),
    ],
)
def test_a_slip_of_the_pen_is_named(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    if variables.get("RDOS_MASTER_KEY") == "":
        variables = {name: value for name, value in variables.items() if value}
        done = start_without_key(tmp_path, **variables)
    else:
        done = start(tmp_path, **variables)
    assert done.returncode != 0
    assert words in done.stderr.strip().splitlines()[-1]


def start_without_key(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "DJANGO_SETTINGS_MODULE": "rdos.settings", "RDOS_VAR_DIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "-m", "django", "check"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_key_of_a_running_hub_is_enough(tmp_path: Path) -> None:
    (tmp_path / "hub.env").write_text(f"RDOS_MASTER_KEY={GOOD}\n")
    assert start_without_key(tmp_path).returncode == 0
