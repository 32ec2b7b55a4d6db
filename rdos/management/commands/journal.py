from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rdos.kernel.journal import seal, verify
from rdos.kernel.journal.verifying import Head, head
from rdos.kernel.models import JournalEntry

MOST_TOLD = 20


class Command(BaseCommand):
    help = "Looks after the journal: verify recomputes the chain, tail shows the newest entries, seal seals now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        checking = actions.add_parser("verify", help="recompute every seal; exit code 1 when something does not fit")
        checking.add_argument("--expect", metavar="NUMBER:HASH", help="a head that an earlier verify printed")
        tail = actions.add_parser("tail", help="show the newest entries")
        tail.add_argument("-n", "--lines", type=int, default=20)
        actions.add_parser("seal", help="seal what is waiting")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "verify":
                self._verify(options["expect"])
            case "tail":
                self._tail(options["lines"])
            case _:
                self._seal()

    def _verify(self, expect: str | None) -> None:
        problems = verify(_parsed(expect) if expect else None)
        for problem in problems[:MOST_TOLD]:
            self.stderr.write(problem.sentence)
        if problems:
            raise CommandError(f"The journal is broken, first here: {problems[0].sentence}")
        newest = head()
        self.stdout.write("The journal is whole." + (f" Its head is {newest.number}:{newest.hash}" if newest else ""))

    def _tail(self, lines: int) -> None:
        for entry in reversed(JournalEntry.objects.order_by("-id")[: max(lines, 0)]):
            place = "unsealed" if entry.position is None else str(entry.position)
            who = " ".join(filter(None, (entry.actor_kind, entry.actor_label)))
            what = " ".join(filter(None, (entry.action, entry.object_kind, entry.object_label or entry.object_id)))
            self.stdout.write(f"{place:>9}  {entry.at:%Y-%m-%d %H:%M:%S}  {who}: {what}")

    def _seal(self) -> None:
        total = 0
        while count := seal():
            total += count
        self.stdout.write(f"Sealed {total} entries.")


def _parsed(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise CommandError("--expect wants NUMBER:HASH, as an earlier verify printed it.") from error
