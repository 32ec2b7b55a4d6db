"""A flow made by Bloxserver's clients is run by a real worker, without any robot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from flows.models import Execution, Step
from tests.devices.conftest import until
from tests.doors.running import own_database
from tests.flows.graphs import ADDING, flow_of, waiting
from tests.flows.story import run_of

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    environment = {**os.environ, "DATABASE_URL": own_database(), "REDIS_URL": settings.REDIS_URL, "RDOS_WORKERS": "1"}
    process = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=PROJECT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def test_what_is_enqueued_is_run_by_a_worker_at_once(worker: None) -> None:
    first = run_of(flow_of(ADDING, runs_on="hub"), {"given": 5})
    second = run_of(flow_of(waiting(0.2), runs_on="hub"))
    until(lambda: Execution.objects.filter(pk__in=(first, second), status="succeeded").count() == 2, 60)
    assert Execution.objects.get(pk=first).result["variables"]["n"] == 7.0
    assert Step.objects.filter(execution=second).count() == 3
