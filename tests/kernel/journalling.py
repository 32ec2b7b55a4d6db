"""What the journal's tests say again and again."""

from io import StringIO

from django.core.management import call_command
from django.db import connection

from rdos.kernel.journal import Row, Who, record
from rdos.kernel.models import JournalEntry

ALICE = Who(kind="user", id="1", label="Alice", address="192.0.2.1", request_id="r-1")


def note(number: int = 1) -> JournalEntry:
    return record(who=ALICE, action="lamp.lit", about=Row("lamp", str(number), f"Lamp {number}"), after={"lit": True})


def notes(count: int) -> list[JournalEntry]:
    return [note(number) for number in range(1, count + 1)]


def positions() -> list[int | None]:
    return list(JournalEntry.objects.order_by("id").values_list("position", flat=True))


def by_hand(statement: str, *values: object) -> None:
    """As somebody with the database's password would do it."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def said(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output, stderr=output)
    return output.getvalue()
