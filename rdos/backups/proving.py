"""Proves an archive by restoring it aside: every table's rows and checksum, and every secret, as its manifest says."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from django.db import Error, transaction

from rdos.backups import archive, databases
from rdos.backups.errors import Unfit
from rdos.backups.manifest import Manifest, insist_known
from rdos.backups.tables import Figure, Tables
from rdos.kernel import journal
from rdos.kernel.clock import database_now
from rdos.kernel.encryption import Unreadable, decrypt
from rdos.kernel.errors import DomainError
from rdos.kernel.journal.words import SYSTEM, Row, Who
from rdos.kernel.models import Backup, BackupProof
from rdos.kernel.rotation import encrypted_fields, field_label
from rdos.kernel.secrecy import mask_text

MOST_TOLD = 5

logger = logging.getLogger("rdos.backups")


@dataclass(frozen=True, slots=True)
class Compared:
    table: str
    said: Figure | None
    found: Figure | None

    @property
    def fits(self) -> bool:
        return self.said == self.found


@dataclass
class Proof:
    archive: str
    tables: list[Compared] = field(default_factory=list)
    secrets: int = 0
    unreadable: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0
    name: str = ""

    @property
    def passed(self) -> bool:
        return not self.reason

    @property
    def rows(self) -> int:
        return sum(one.found.rows for one in self.tables if one.found)

    def conclude(self) -> None:
        wrong = [one.table for one in self.tables if not one.fits]
        if wrong:
            self.reason = f"Not what the manifest says: {_told(wrong)}."
        elif self.unreadable:
            self.reason = f"Secrets that do not open: {_told(self.unreadable)}."


def _told(names: list[str]) -> str:
    more = f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
    return ", ".join(names[:MOST_TOLD]) + more


def newest() -> Path | None:
    """The last archive of this machine that is there."""
    rows = Backup.objects.filter(status="done", removed_at=None).order_by("-created_at", "-id")
    return next((Path(path) for path in rows.values_list("path", flat=True) if Path(path).is_file()), None)


def prove(path: Path, *, who: Who = SYSTEM) -> Proof:
    """What is wrong is told by the proof; it never raises what the archive is to blame for."""
    proof, began = Proof(path.name), monotonic()
    try:
        manifest = archive.checked(path)
        proof.name = manifest.name
        insist_known(manifest)
        _compare(path, manifest, proof)
        proof.conclude()
    except DomainError as error:
        proof.reason = error.detail
    except Error as error:
        proof.reason = mask_text(str(error))
    proof.seconds = round(monotonic() - began, 2)
    _remember(proof, who)
    return proof


def _compare(path: Path, manifest: Manifest, proof: Proof) -> None:
    def look(name: str, content: Iterator[bytes]) -> None:
        if name == archive.DATABASE:
            with databases.own().scratch(content) as tables:
                _count(tables, manifest, proof)
                _open_secrets(tables, proof)

    archive.read(path, look)


def _count(tables: Tables, manifest: Manifest, proof: Proof) -> None:
    there = set(tables.names())
    for name in sorted(there | set(manifest.tables)):
        found = tables.figure(name) if name in there else None
        proof.tables.append(Compared(name, manifest.tables.get(name), found))


def _open_secrets(tables: Tables, proof: Proof) -> None:
    there = set(tables.names())
    for model, name in encrypted_fields():
        primary: Any = model._meta.pk
        column = next(field.column for field in model._meta.local_fields if field.name == name)
        if model._meta.db_table not in there or column not in tables.columns(model._meta.db_table):
            continue
        for pk, stored in tables.values(model._meta.db_table, [primary.column, column]):
            if stored:
                _open(f"{field_label(model, name)}:{primary.to_python(pk)}", stored, proof)


def _open(place: str, stored: str, proof: Proof) -> None:
    proof.secrets += 1
    try:
        decrypt(stored, place=place)
    except Unreadable:
        proof.unreadable.append(place)


@transaction.atomic
def _remember(proof: Proof, who: Who) -> None:
    backup = Backup.objects.filter(name=proof.name or proof.archive.removesuffix(archive.ENDING)).first()
    BackupProof.objects.create(
        backup=backup,
        archive=proof.archive[:255],
        seconds=proof.seconds,
        passed=proof.passed,
        tables=len(proof.tables),
        rows=proof.rows,
        reason=proof.reason[:500],
    )
    if backup and proof.passed:
        Backup.objects.filter(pk=backup.pk).update(proven_at=database_now())
    action = "backup.proven" if proof.passed else "backup.proof_failed"
    row = Row("backup", str(backup.pk) if backup else "", proof.archive)
    facts = {"tables": len(proof.tables), "rows": proof.rows, "secrets": proof.secrets, "seconds": proof.seconds}
    journal.record(who=who, action=action, about=row, details=facts, summary=proof.reason[:500])
    told = {"action": action.replace(".", "_"), "archive": proof.archive, "seconds": proof.seconds}
    logger.log(
        logging.INFO if proof.passed else logging.ERROR,
        "An archive was proven" if proof.passed else "An archive did not stand its proof",
        extra=told,
    )


def insist_there(path: Path | None) -> Path:
    if path is None:
        raise Unfit("There is no archive on this machine yet: make one with `manage.py backup`.")
    return path
