from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rdos.kernel.errors import Unavailable
from rdos.kernel.master_key import check_master_key
from rdos.kernel.rotation import Tally, rotate, waiting


class Command(BaseCommand):
    help = "Encrypts and signs anew, with RDOS_MASTER_KEY, what was written under RDOS_MASTER_KEY_PREVIOUS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count what is still under the previous key")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_master_key()
        except Unavailable as error:
            raise CommandError(error.detail) from error
        self._check() if options["check"] else self._rotate()

    def _check(self) -> None:
        tallies = waiting()
        for tally in tallies:
            self.stdout.write(f"{tally.what}: {tally.waiting} under another key")
        if any(tally.waiting for tally in tallies):
            raise CommandError("Not everything is under the present master key yet.")

    def _rotate(self) -> None:
        if not settings.MASTER_KEY_PREVIOUS and any(tally.waiting for tally in waiting()):
            raise CommandError("Set RDOS_MASTER_KEY_PREVIOUS to the former master key.")
        tallies = rotate()
        for tally in tallies:
            self.stdout.write(_line(tally))
        if any(tally.refused for tally in tallies):
            raise CommandError("Some rows fit neither key and were left as they are.")


def _line(tally: Tally) -> str:
    return f"{tally.what}: {tally.moved} moved" + (f", {tally.refused} refused" if tally.refused else "")
