"""Begins anew from an archive, in an empty hub only. Everything that can be wrong is found before anything changes."""

import logging
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connections, transaction

from rdos.backups import archive, databases, files, keeping
from rdos.backups.errors import ForeignKey, NotEmpty
from rdos.backups.manifest import Manifest, insist_known
from rdos.kernel import journal
from rdos.kernel.clock import database_now
from rdos.kernel.encryption import Unreadable, decrypt, place_of
from rdos.kernel.journal.words import SYSTEM, Row
from rdos.kernel.models import Backup, KeyCheck
from rdos.kernel.models.backup import BackupStatus

# What `migrate` fills by itself, and what a hub that was only looked at leaves. A row anywhere else is somebody's.
FRESH = frozenset({"django_migrations", "django_content_type", "auth_permission", "kernel_keycheck", "kernel_hubline"})

logger = logging.getLogger("rdos.backups")


def restore(path: Path) -> Manifest:
    manifest = archive.checked(path)
    insist_known(manifest)
    insist_key_fits(manifest)
    insist_empty()
    archive.read(path, _put)
    # Connections from before know tables that are gone.
    connections.close_all()
    call_command("migrate", interactive=False, verbosity=0)
    _settle(path, manifest)
    return manifest


def insist_key_fits(manifest: Manifest) -> None:
    if not manifest.key_check:
        return
    try:
        decrypt(manifest.key_check, place=place_of(KeyCheck(pk=KeyCheck.ONLY), "value"))
    except Unreadable as error:
        raise ForeignKey from error


def insist_empty() -> None:
    with databases.own().present() as tables:
        for name in tables.names():
            if name not in FRESH and (count := tables.count(name)):
                raise NotEmpty(
                    f"This hub is not empty: the table {name} has {count} row{'' if count == 1 else 's'}. Restore into "
                    "a new database and an empty RDOS_VAR_DIR, before the hub is started there for the first time."
                )


def _put(name: str, content: Iterator[bytes]) -> None:
    if name == archive.DATABASE:
        databases.own().replace(content)
    elif name == archive.SETTINGS:
        files.put_settings(content)
    elif name.startswith(archive.FILES):
        files.put(name.removeprefix(archive.FILES), content)


@transaction.atomic
def _settle(path: Path, manifest: Manifest) -> None:
    """In the archive its own row still runs; by now it is known that it was done."""
    at, size = database_now(), path.stat().st_size
    row = Backup.objects.filter(name=manifest.name).first()
    if row:
        keeping.BACKUPS.try_move(Backup, row.pk, to=BackupStatus.DONE, ended_at=at, size=size, path=str(path)[:1024])
    about = Row("backup", str(row.pk) if row else "", manifest.name)
    facts = {"made_at": manifest.made_at, "hub_version": manifest.hub_version, "rows": manifest.rows}
    journal.record(who=SYSTEM, action="backup.restored", about=about, details=facts)
    logger.info("A hub was restored from an archive", extra={"action": "backup_restored", "backup": manifest.name})
