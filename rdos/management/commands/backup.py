from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rdos.backups import keeping, making, proving
from rdos.backups.proving import Compared
from rdos.kernel.clock import database_now
from rdos.kernel.errors import DomainError
from rdos.kernel.journal import SYSTEM
from rdos.kernel.master_key import check_master_key

THE_NEWEST = ""


class Command(BaseCommand):
    help = "Writes one encrypted archive of the whole hub; --prove restores one aside and compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, metavar="PATH", help="a file; else a new one in `backups`")
        parser.add_argument(
            "--prove", nargs="?", const=THE_NEWEST, metavar="ARCHIVE", help="prove this archive, or the newest one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_master_key()
            self._make(options["output"]) if options["prove"] is None else self._prove(options["prove"])
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal

    def _make(self, output: Path | None) -> None:
        backup, is_new = keeping.begin(who=SYSTEM, at=database_now())
        if not is_new:
            raise CommandError(f"{backup.name} is being made: only one backup runs at a time.")
        made = making.make(backup.pk, output=output.absolute() if output else None)
        if made is None:
            raise CommandError(f"{backup.name} was taken up by somebody else.")
        self.stdout.write(f"{made.path}: {made.size} bytes in {made.seconds:g} s")
        self.stdout.write("It opens with the present RDOS_MASTER_KEY only: keep that key somewhere else.")

    def _prove(self, given: str) -> None:
        path = Path(given).absolute() if given else proving.insist_there(proving.newest())
        proof = proving.prove(path)
        for one in proof.tables:
            self.stdout.write(_line(one))
        if not proof.passed:
            raise CommandError(f"{path.name} did not stand the proof: {proof.reason}")
        told = f"{len(proof.tables)} tables, {proof.rows} rows, {proof.secrets} secrets"
        self.stdout.write(f"{path.name} stands the proof: {told}, in {proof.seconds:g} s")


def _line(one: Compared) -> str:
    said, found = (str(figure.rows) if figure else "none" for figure in (one.said, one.found))
    return f"{one.table:<40} {said:>10} {found:>10}  {'as it was' if one.fits else 'DIFFERENT'}"
