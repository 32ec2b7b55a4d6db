from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rdos.backups import files
from rdos.backups.restoring import restore
from rdos.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Restores an archive into an empty hub."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = restore(options["archive"].absolute())
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        told = f"{len(manifest.tables)} tables and {manifest.rows} rows as of {manifest.made_at}"
        self.stdout.write(f"{manifest.name} is restored: {told}")
        self.stdout.write(f"The settings of that hub lie in {files.folder().parent / files.SETTINGS_FILE}, to compare.")
