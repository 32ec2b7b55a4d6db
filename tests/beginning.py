"""A pytest plugin that comes before all others: real servers must run, and lead the environment, before settings are read.

The controller of a parallel run starts them; its workers inherit their addresses, and take a Redis database each.
"""

import os

import pytest

from tests import servers

os.environ.setdefault("LOG_LEVEL", "warning")
os.environ.update(servers.start())

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # gw0 takes database 1, so that database 0 stays with whoever runs beside the tests.
    address, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{address}/{int(worker.removeprefix('gw')) + 1}"


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(servers.stop)
