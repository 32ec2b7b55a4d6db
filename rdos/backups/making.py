"""Makes the archive that a row stands for, and lets the oldest ones go."""

import logging
from datetime import datetime
from pathlib import Path
from time import monotonic

from django.conf import settings

from rdos.backups import archive, files, keeping
from rdos.backups.errors import BackupFailed
from rdos.kernel.clock import database_now
from rdos.kernel.errors import DomainError
from rdos.kernel.journal.words import SYSTEM, Who
from rdos.kernel.models import Backup

NAMED = f"backup-*{archive.ENDING}"

logger = logging.getLogger("rdos.backups")


def make(pk: int, *, output: Path | None = None, who: Who = SYSTEM) -> Backup | None:
    """None when somebody else has it, or it is over."""
    backup = Backup.objects.get(pk=pk)
    path = output or files.folder() / f"{backup.name}{archive.ENDING}"
    if not keeping.take_up(pk, path=path, at=database_now()):
        return None
    _write(backup, path, who)
    if output is None:
        _keep_the_newest(database_now())
    backup.refresh_from_db()
    return backup


def _write(backup: Backup, path: Path, who: Who) -> None:
    began = monotonic()
    try:
        with keeping.signs_of_life(backup.pk):
            archive.write(path, name=backup.name, at=database_now())
    except Exception as error:  # Whatever it was, the row must not stay as if somebody went on with it.
        reason = error.detail if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
        keeping.failed(backup, reason=reason, who=who, at=database_now())
        logger.exception("A backup failed", extra={"action": "backup_failed", "backup": backup.name})
        raise BackupFailed(reason) from error
    size, seconds = path.stat().st_size, monotonic() - began
    try:
        keeping.done(backup, size=size, seconds=seconds, who=who, at=database_now())
    except DomainError:
        # It was given up meanwhile: an archive that counts as failed must not lie there as if it were good.
        path.unlink(missing_ok=True)
        raise
    facts = {"action": "backup_made", "backup": backup.name, "size": size, "seconds": round(seconds, 2)}
    logger.info("A backup was made", extra=facts)


def _keep_the_newest(at: datetime) -> None:
    """Their names are their moments. What a killed backup left half done goes as well: only one runs at a time."""
    for draft in files.folder().glob(f".{NAMED}.part"):
        draft.unlink(missing_ok=True)
    for path in sorted(files.folder().glob(NAMED), reverse=True)[settings.BACKUPS_KEPT :]:
        path.unlink(missing_ok=True)
        Backup.objects.filter(name=path.name.removesuffix(archive.ENDING), removed_at=None).update(removed_at=at)
