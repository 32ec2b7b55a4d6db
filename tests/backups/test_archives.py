"""What goes into an archive comes out again, and whatever was done to it is found first."""

from pathlib import Path

import pytest
from django.core.management import call_command

from rdos.kernel.models import Backup, BackupProof
from tests.backups.hub import a_hub_with_something_in_it
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_backup_stands_its_proof(super_admin: Person, var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_hub_with_something_in_it(super_admin)
    call_command("backup")
    row = Backup.objects.get()
    assert (row.status, Path(row.path).parent) == ("done", var / "backups")
    assert Path(row.path).stat().st_mode & 0o777 == 0o600
    call_command("backup", "--prove")
    told = capsys.readouterr().out
    assert "stands the proof" in told and "DIFFERENT" not in told
    proof = BackupProof.objects.get()
    assert proof.passed and proof.backup == row and proof.rows > 0
