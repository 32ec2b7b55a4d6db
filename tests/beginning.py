"""A pytest plugin that comes before all others: real servers must run before settings are read.

The controller of a parallel run starts them; its workers inherit their addresses, and take a Redis database each.
"""

import os

import pytest

from tests import servers

os.environ.setdefault("LOG_LEVEL", "warning")
# A test that reads them turns them on: anywhere else they would be rows that nobody expects.
os.environ.setdefault("RDOS_LOG_LINES_KEPT", "0")
os.environ.update(servers.start())

os.environ["REDIS_URL"] = servers.redis_of_this_worker(os.environ["REDIS_URL"])


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(servers.stop)
