"""Writes the configuration of a NATS server that is the hub's own, and has a running one read it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices.services import bus_users
from rdos.environment import load
from rdos.kernel.errors import DomainError
from rdos.up.nats_config import Listeners


class Command(BaseCommand):
    help = "Writes the users of the bus into RDOS_BUS_CONFIG_DIR, and asks the server to read them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listen", metavar="ADDRESS", help="also write how the server runs: where it listens")
        parser.add_argument("--store", type=Path, help="and where it keeps what it stores")
        parser.add_argument("--no-reload", action="store_true", help="the server does not run yet")

    def handle(self, *args: Any, listen: str | None, store: Path | None, no_reload: bool, **options: Any) -> None:
        if (listen is None) != (store is None):
            raise CommandError("--listen and --store go together.")
        try:
            if listen is not None and store is not None:
                bus_users.write_main(_listeners(listen), store)
            (bus_users.write if no_reload else bus_users.apply)()
        except DomainError as error:
            raise CommandError(error.detail) from error


def _listeners(host: str) -> Listeners:
    env = load()
    return Listeners(host, env.integer("NATS_PORT", least=1), env.integer("MQTT_PORT", least=1))
