"""What of backups wants a look: none for long, or the last one, or its proof, went wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import QuerySet, Subquery

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.figures import lasting
from rdos.kernel.models import Backup, BackupProof
from rdos.kernel.models.backup import BackupStatus
from rdos.kernel.panels import Attention, Level

PLACE = "/backups"
TOO_OLD = timedelta(days=7)
TEXT = "Begin one now, or let `manage.py backup` run each night."


def backups(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "backups.read"):
        return
    known = _known()
    if known["last_status"] == BackupStatus.FAILED:
        title = f"The last backup failed: {known['last_name']}"
        yield Attention("backup-failed", Level.CRITICAL, title, known["last_reason"], PLACE)
    if known["proof_passed"] is False:
        title = f"An archive did not stand its proof: {known['proof_archive']}"
        yield Attention("backup-unproven", Level.CRITICAL, title, known["proof_reason"], PLACE)
    yield from _too_old(known["good_at"], known["applied"], at)


def _too_old(good: datetime | None, hub: datetime, at: datetime) -> Iterator[Attention]:
    """A hub of yesterday need not be told."""
    if at - (good or hub) < TOO_OLD:
        return
    if good is None:
        yield Attention("no-backup", Level.WARNING, "There is no backup of this hub", TEXT, PLACE)
    else:
        title = f"The last backup is {lasting((at - good).total_seconds())} old"
        yield Attention("backup-old", Level.WARNING, title, TEXT, PLACE)


def _known() -> dict[str, Any]:
    """All in one question, since the front page asks it every few seconds; the oldest migration tells the hub's age."""
    ended = Backup.objects.exclude(status=BackupStatus.RUNNING).order_by("-created_at", "-id")
    proofs = BackupProof.objects.order_by("-at", "-id")
    facts = {
        "last_status": _newest(ended, "status"),
        "last_name": _newest(ended, "name"),
        "last_reason": _newest(ended, "reason"),
        "good_at": _newest(ended.filter(status=BackupStatus.DONE), "created_at"),
        "proof_passed": _newest(proofs, "passed"),
        "proof_archive": _newest(proofs, "archive"),
        "proof_reason": _newest(proofs, "reason"),
    }
    found: dict[str, Any] = MigrationRecorder.Migration.objects.order_by("applied").values("applied", **facts)[0]
    return found


def _newest(rows: "QuerySet[Any]", field: str) -> Subquery:
    return Subquery(rows.values(field)[:1])
