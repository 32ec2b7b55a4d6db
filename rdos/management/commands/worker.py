"""`manage.py worker` runs graphs and deferred work; `manage.py worker --clock` runs nothing but the clock's ticks."""

import warnings
from argparse import ArgumentParser
from typing import Any

from celery.bin.celery import celery
from celery.exceptions import SecurityWarning
from django.core.management.base import BaseCommand

from rdos.environment import load


class Command(BaseCommand):
    help = "Run a Celery worker: for deferred work, or (--clock) for the clock's ticks alone."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clock", action="store_true", help="serve the clock's queue and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        # The warning is about pickled tasks, which this hub refuses whoever runs it: it accepts JSON only.
        warnings.simplefilter("ignore", SecurityWarning)
        kind = clock() if options["clock"] else default(load().integer("RDOS_WORKERS", least=1))
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
        celery.main(["-A", "rdos.celery:app", "-q", "worker", *kind, *quiet], prog_name="manage.py worker")


def default(processes: int) -> list[str]:
    return ["-Q", "default", "-P", "prefork", "-c", str(processes), "-n", "default@%h"]


def clock() -> list[str]:
    return ["-Q", "clock", "-P", "solo", "-n", "clock@%h"]
