"""A host name that stands for an accent needs no second mention."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import django, sys
django.setup()
from django.test import Client
print(Client(headers={"host": sys.argv[1]}).get("/").content.decode())
"""


def greeted(tmp_path: Path, host: str) -> str:
    environment = {
        "PATH": os.defpath,
        "DJANGO_SETTINGS_MODULE": "rdos.settings",
        "RDOS_VAR_DIR": str(tmp_path),
        "RDOS_MASTER_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'hub.sqlite3'}",
        "ALLOWED_HOSTS": "hub.example.org",
        "RDOS_ACCENT_HOSTS": "Tafy.example.org=tafy",
    }
    command = [sys.executable, "-c", ASK, host]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    return done.stdout


def test_it_is_allowed_by_itself_and_no_other_is(tmp_path: Path) -> None:
    assert "Tafy Studio Hub API" in greeted(tmp_path, "tafy.example.org:8000")
    assert "Tafy Studio Hub API" not in greeted(tmp_path, "other.example.org")
