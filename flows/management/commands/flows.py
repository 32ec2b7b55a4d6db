from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.authentication import actor_of_user
from accounts.models import User
from flows.api import uploads
from flows.api.shapes import transfer as shapes
from flows.models import Flow
from flows.services import exporting, importing
from rdos.kernel.clock import database_now
from rdos.kernel.errors import DomainError

READ_AT_ONCE = 50


class Command(BaseCommand):
    help = "Writes flows as files into a directory, or takes them in from one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        out = actions.add_parser("export", help="write every flow as a file of its own")
        out.add_argument("directory", type=Path)
        back = actions.add_parser("import", help="take in a .json or .zip file, or the .json files of a directory")
        back.add_argument("path", type=Path)
        back.add_argument("--owner", required=True, metavar="USERNAME", help="whose they are, and who may do this")
        back.add_argument("--over", action="store_true", help="flows of the same ids get them as their next versions")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "export":
            self._export(options["directory"])
        else:
            self._import(options["path"], options["owner"], options["over"])

    def _export(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        count = 0
        for flow in Flow.objects.select_related("current").order_by("created_at", "id").iterator(READ_AT_ONCE):
            path = directory / exporting.file_name(flow)
            path.touch(mode=0o600)
            path.write_bytes(exporting.written(flow, flow.current))
            count += 1
        self.stdout.write(f"{directory}: {count} flows")

    def _import(self, path: Path, owner: str, over: bool) -> None:
        user = User.objects.filter(username=owner).first()
        if user is None:
            raise CommandError(f"Nobody is called {owner}.")
        try:
            arrivals = [shapes.arrival(name, uploads.json_in(raw)) for name, raw in _files(path)]
            taken = importing.take(actor=actor_of_user(user), arrivals=arrivals, at=database_now(), over=over)
        except DomainError as error:
            raise CommandError(_told(error)) from error
        for one in taken:
            self.stdout.write(f"{one.file}: {one.flow.name}, version {one.flow.version}, {one.flow.pk}")


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        yield from ((file.name, file.read_bytes()) for file in sorted(path.glob("*.json")))
    elif not path.is_file():
        raise CommandError(f"{path} is not there.")
    elif path.suffix.lower() == ".zip":
        with path.open("rb") as archive:
            yield from importing.unpacked(archive)
    else:
        yield path.name, path.read_bytes()


def _told(error: DomainError) -> str:
    return "\n".join(f"{name}: {' '.join(texts)}" for name, texts in (error.errors or {}).items()) or error.detail
