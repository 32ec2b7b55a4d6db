"""What of backups wants a look: none for long, or the last one, or its proof, went wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.models import Backup, BackupProof
from rdos.kernel.models.backup import BackupStatus
from rdos.kernel.panels import Attention, Level

PLACE = "/backups"
TOO_OLD = timedelta(days=7)


def backups(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "backups.read"):
        return
    ended = Backup.objects.exclude(status=BackupStatus.RUNNING).order_by("-created_at", "-id")
    last = ended.first()
    if last and last.status == BackupStatus.FAILED:
        yield Attention("backup-failed", Level.CRITICAL, f"The last backup failed: {last.name}", last.reason, PLACE)
    good = last if last is None or last.status == BackupStatus.DONE else ended.filter(status=BackupStatus.DONE).first()
    yield from _too_old(good, at)
    proof = BackupProof.objects.order_by("-at", "-id").first()
    if proof and not proof.passed:
        title = f"An archive did not stand its proof: {proof.archive}"
        yield Attention("backup-unproven", Level.CRITICAL, title, proof.reason, PLACE)


def _too_old(good: Backup | None, at: datetime) -> Iterator[Attention]:
    since = good.created_at if good else _hub_since()
    if since is None or at - since < TOO_OLD:
        return
    text = "Begin one now, or let `manage.py backup` run each night."
    if good is None:
        yield Attention("no-backup", Level.WARNING, "There is no backup of this hub", text, PLACE)
    else:
        title = f"The last backup is {lasting((at - since).total_seconds())} old"
        yield Attention("backup-old", Level.WARNING, title, text, PLACE)


def _hub_since() -> datetime | None:
    """A hub of yesterday need not be told."""
    found: datetime | None = MigrationRecorder.Migration.objects.aggregate(first=Min("applied"))["first"]
    return found
