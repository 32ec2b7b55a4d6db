"""Real servers for every test, and the people of the stories."""

import os

import pytest

from tests import servers

os.environ.setdefault("LOG_LEVEL", "warning")
# The controller starts the servers; its workers inherit their addresses. Settings are read at the first import of
# anything of ours, so this comes before pytest-django looks for them.
os.environ.update(servers.start())


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(servers.stop)
