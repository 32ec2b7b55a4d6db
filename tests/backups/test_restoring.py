"""An archive becomes a hub again, somewhere else."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from devices.models import BusNode
from rdos.kernel.encryption import reveal
from rdos.kernel.models import Backup
from tests.backups import hub
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)

ASK = """
from devices.models import BusNode, Node
from rdos.kernel.encryption import reveal
from rdos.kernel.models import Backup, JournalEntry
print(Node.objects.get().key, reveal(BusNode.objects.get(), 'admin_token'))
print(Backup.objects.get().status, JournalEntry.objects.filter(action='backup.restored').count())
"""


def test_an_empty_hub_becomes_the_one_that_was_saved(super_admin: Person, var: Path, tmp_path: Path) -> None:
    node = hub.fill(var)
    assert reveal(BusNode.objects.get(), "admin_token") == hub.ADMIN_TOKEN
    call_command("backup")
    archive = Backup.objects.get().path
    with hub.elsewhere(tmp_path) as other:
        wrong = other.run("restore", archive, RDOS_MASTER_KEY="another-4c1e-Vt02-Jd77-key")
        assert wrong.returncode == 1 and "made under another master key" in wrong.stderr
        done = other.run("restore", archive)
        assert done.returncode == 0, done.stderr
        assert "is restored" in done.stdout
        told = other.run("shell", "-v", "0", "-c", ASK)
        assert told.stdout.split() == [node.key, hub.ADMIN_TOKEN, "done", "1"], told.stderr
        assert (other.var / "workflows/abc/1.json").read_text() == hub.MIRRORED
        assert not (other.var / "secrets").exists()
        whole = other.run("journal", "verify")
        assert "The journal is whole" in whole.stdout, whole.stderr
        again = other.run("restore", archive)
        assert again.returncode == 1 and "This hub is not empty" in again.stderr


@pytest.mark.slow
def test_the_whole_drill(super_admin: Person, var: Path, tmp_path: Path) -> None:
    """A hub is set up by its commands, saved, restored elsewhere, saved there, and both archives stand their proof."""
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    with hub.elsewhere(tmp_path / "one") as first, hub.elsewhere(tmp_path / "two") as second:
        held = told(first, FILL + CONTENTS)
        assert "rows=5000" in held["devices_node"]
        saved = tmp_path / "first.rdos"
        assert first.run("backup", "--output", str(saved)).returncode == 0
        # Migrated, but never used, counts as empty.
        assert second.run("migrate", "-v", "0").returncode == 0
        restored = second.run("restore", str(saved))
        assert restored.returncode == 0, restored.stderr
        assert told(second, CONTENTS) == held
        proven = second.run("backup", "--prove", str(saved))
        assert proven.returncode == 0 and "stands the proof" in proven.stdout, proven.stderr


FILL = """
import os
from django.core.management import call_command
call_command('migrate', verbosity=0)
call_command('ensure_admin', stdout=open(os.devnull, 'w'))
from devices.models import Node
from telemetry.services import partitions
from django.utils import timezone
partitions.make_ahead(timezone.now())
Node.objects.bulk_create([Node(key=f'n-{n}', name=f'Node {n}', device_type='edge') for n in range(5000)])
"""
CONTENTS = """
import json
from rdos.backups import databases
with databases.own().present() as tables:
    print(json.dumps({name: str(tables.figure(name)) for name in tables.names()}))
"""
# What a backup and a restore themselves write down.
TOUCHED = {"kernel_backup", "kernel_journalentry", "kernel_backupproof"}


def told(other: hub.Elsewhere, script: str) -> dict[str, str]:
    answer = other.run("shell", "-v", "0", "-c", script)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, str] = json.loads(answer.stdout)
    return {name: figure for name, figure in found.items() if name not in TOUCHED}
