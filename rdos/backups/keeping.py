"""The rows of backups: one at a time, taken up once, and never left standing by whoever dies."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread

from celery import current_app
from django.db import DatabaseError, IntegrityError, connections, transaction

from rdos.kernel import journal
from rdos.kernel.clock import database_now
from rdos.kernel.errors import Conflict
from rdos.kernel.journal.words import Row, Who
from rdos.kernel.lifecycle import Lifecycle
from rdos.kernel.models import Backup
from rdos.kernel.models.backup import BackupStatus
from rdos.kernel.secrecy import mask_text

BACKUPS = Lifecycle(
    arrows={BackupStatus.RUNNING: [BackupStatus.DONE, BackupStatus.FAILED]},
    terminal=[BackupStatus.DONE, BackupStatus.FAILED],
)
MAKE, PROVE = "rdos.backups.tasks.make", "rdos.backups.tasks.prove"
# For a worker to take it up, and for whoever makes it to give a sign of life.
PATIENCE, LEASE, SIGN = timedelta(minutes=10), timedelta(minutes=2), timedelta(seconds=20)
ASKED_AGAIN = timedelta(seconds=30)
LONGEST_REASON = 500


def begin(*, who: Who, at: datetime) -> tuple[Backup, bool]:
    """The backup that runs, and whether it has just begun: there is never more than one."""
    for second in range(5):
        if running := _running():
            return running, False
        try:
            with transaction.atomic():
                return _made(who, at + timedelta(seconds=second)), True
        except IntegrityError:
            # Another one began in the same moment, or has just ended in the same second.
            continue
    raise Conflict("A backup has just ended. Try again in a moment.")


def _running() -> Backup | None:
    return Backup.objects.filter(status=BackupStatus.RUNNING).first()


def _made(who: Who, at: datetime) -> Backup:
    name = f"backup-{at:%Y%m%d-%H%M%S}"
    made = Backup.objects.create(name=name, good_until=at + PATIENCE, created_by_label=who.label[:200])
    journal.record(who=who, action="backup.begun", about=about(made))
    return made


def hand_on(backup: Backup) -> None:
    """To a worker, after the commit. A tick asks again when this was lost."""
    send(MAKE, backup.pk)


def send(task: str, pk: int) -> None:
    transaction.on_commit(partial(current_app.send_task, task, args=(pk,), ignore_result=True), robust=True)


def take_up(pk: int, *, path: Path, at: datetime) -> bool:
    """True for one taker only."""
    facts = {"begun_at": at, "good_until": at + LEASE, "host": socket.gethostname()[:255], "path": str(path)[:1024]}
    return Backup.objects.filter(pk=pk, status=BackupStatus.RUNNING, begun_at=None).update(**facts) == 1


@contextmanager
def signs_of_life(pk: int) -> Iterator[None]:
    over = Event()
    thread = Thread(target=_give_signs, args=(pk, over), name="backup-signs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _give_signs(pk: int, over: Event) -> None:
    try:
        while not over.wait(SIGN.total_seconds()):
            _give_sign(pk)
    finally:
        connections.close_all()


def _give_sign(pk: int) -> None:
    try:
        until = database_now() + LEASE
        Backup.objects.filter(pk=pk, status=BackupStatus.RUNNING).update(good_until=until)
    except DatabaseError:
        # The next one may get through; and if none does, the tick says that this backup failed.
        connections.close_all()


@transaction.atomic
def done(backup: Backup, *, size: int, seconds: float, who: Who, at: datetime) -> None:
    BACKUPS.move(Backup, backup.pk, to=BackupStatus.DONE, ended_at=at, size=size, seconds=round(seconds, 2))
    facts = {"size": size, "seconds": round(seconds, 2)}
    journal.record(who=who, action="backup.made", about=about(backup), details=facts, summary=f"{size} bytes")


@transaction.atomic
def failed(backup: Backup, *, reason: str, who: Who, at: datetime) -> None:
    """Silent when somebody else has ended it."""
    told = mask_text(reason)[:LONGEST_REASON]
    if BACKUPS.try_move(Backup, backup.pk, to=BackupStatus.FAILED, ended_at=at, reason=told):
        journal.record(who=who, action="backup.failed", about=about(backup), summary=told)


def about(backup: Backup) -> Row:
    return Row("backup", str(backup.pk), backup.name)


def sweep(at: datetime) -> None:
    """What nobody took up is offered again; what nobody goes on with has failed."""
    running = _running()
    if running is None:
        return
    if running.good_until < at:
        failed(running, reason=_why(running), who=journal.SYSTEM, at=at)
    elif running.begun_at is None and running.created_at < at - ASKED_AGAIN:
        send(MAKE, running.pk)


def _why(backup: Backup) -> str:
    if backup.begun_at is None:
        return "No worker took it up in ten minutes. Is `manage.py worker` running?"
    return "Whoever made it has stopped before it was done."
