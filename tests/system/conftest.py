from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def var(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path / "var"
    settings.WORKFLOWS_DIR = settings.VAR_DIR / "workflows"
    return settings.VAR_DIR
