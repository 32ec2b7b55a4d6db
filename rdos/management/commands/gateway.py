from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rdos.doors.places import add_place, place_of


class Command(BaseCommand):
    help = "Serves HTTP and sockets on one port, in one process."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        # Here, so that `help` and the other commands never load the server.
        from rdos.doors.serving import serve_all

        serve_all(place_of(options))
