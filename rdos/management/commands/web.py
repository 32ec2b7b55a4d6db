from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rdos.doors.places import add_place, place_of


class Command(BaseCommand):
    help = "Serves HTTP only, in several processes: the production web server, behind a proxy."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place(parser)
        parser.add_argument("--workers", type=int, default=2, help="Processes (default 2).")

    def handle(self, *args: Any, **options: Any) -> None:
        # Here, so that `help` and the other commands never load the server.
        from rdos.doors.serving import serve_http

        serve_http(place_of(options), options["workers"])
