"""What Celery workers do for backups."""

from pathlib import Path

from celery import shared_task

from rdos.backups import keeping, making, proving
from rdos.backups.errors import BackupFailed
from rdos.kernel.models import Backup


@shared_task(name=keeping.MAKE)
def make(pk: int) -> None:
    try:
        making.make(pk)
    except BackupFailed:
        # Its row and the log say so; a task that is tried again would find the row ended.
        return


@shared_task(name=keeping.PROVE)
def prove(pk: int) -> None:
    proving.prove(Path(Backup.objects.get(pk=pk).path))
