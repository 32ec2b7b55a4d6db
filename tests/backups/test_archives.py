"""Making archives and proving them, by the command a person types."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from devices.models import BusNode, Node
from rdos.backups import archive, restoring
from rdos.backups.errors import Damaged, ForeignKey, NotEmpty, Unfit
from rdos.kernel.models import Backup, BackupProof, JournalEntry
from tests.backups import hub
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.fixture
def made(super_admin: Person, var: Path) -> Backup:
    hub.fill(var)
    said("backup")
    return Backup.objects.get()


def inside(path: Path) -> dict[str, bytes]:
    found = {}

    def take(name: str, blocks: Iterator[bytes]) -> None:
        found[name] = b"".join(blocks)

    archive.read(path, take)
    return found


def test_a_backup_is_one_private_file(made: Backup, var: Path) -> None:
    path = Path(made.path)
    assert (made.status, made.size, path.parent) == ("done", path.stat().st_size, var / "backups")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert JournalEntry.objects.filter(action="backup.made", object_label=made.name).count() == 1


def test_it_holds_the_hubs_files_and_no_secret(made: Backup, settings: Settings) -> None:
    found = inside(Path(made.path))
    assert found["files/workflows/abc/1.json"].decode() == hub.MIRRORED
    assert [name for name in found if "secrets" in name or "hub.env" in name] == []
    assert b"RDOS_BACKUPS_KEPT=7\n" in found["settings.env"]
    assert b"MASTER_KEY" not in found["settings.env"] and b"DATABASE_URL" not in found["settings.env"]
    assert not any(settings.MASTER_KEY.encode() in content for content in found.values())


def test_it_stands_its_proof(made: Backup) -> None:
    told = said("backup", "--prove")
    assert "stands the proof" in told and "DIFFERENT" not in told
    proof = BackupProof.objects.get()
    assert (proof.passed, proof.backup, proof.archive) == (True, made, Path(made.path).name)
    assert proof.rows > 10 and proof.tables > 30
    made.refresh_from_db()
    assert made.proven_at
    assert JournalEntry.objects.filter(action="backup.proven").count() == 1


def test_a_proof_leaves_no_database_behind(made: Backup, var: Path) -> None:
    said("backup", "--prove", made.path)
    assert hub.proof_databases() == []


def test_an_archive_that_was_cut_does_not_stand_its_proof(made: Backup) -> None:
    path = Path(made.path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CommandError, match="damaged or cut short"):
        said("backup", "--prove")
    proof = BackupProof.objects.get()
    assert not proof.passed and "damaged" in proof.reason
    assert JournalEntry.objects.filter(action="backup.proof_failed").count() == 1


def test_a_secret_that_does_not_open_is_found_by_the_proof(made: Backup) -> None:
    BusNode.objects.update(admin_token="v1:00000000:AAAA")
    said("backup")
    with pytest.raises(CommandError, match=r"Secrets that do not open: devices\.busnode\.admin_token"):
        said("backup", "--prove")


def test_what_differs_from_the_manifest_is_found_by_the_proof(
    super_admin: Person, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one patch here: a dump of another moment than the manifest is what snapshots prevent."""
    hub.fill(var)
    described = archive.described

    def then_a_node_comes(*args: object, **facts: object) -> object:
        return described(*args, **facts)  # type: ignore[arg-type]

    def late(tables: object, **facts: object) -> object:
        manifest = then_a_node_comes(tables, **facts)
        manifest.tables["devices_node"] = manifest.tables["devices_busnode"]  # type: ignore[attr-defined]
        return manifest

    monkeypatch.setattr(archive, "described", late)
    said("backup")
    with pytest.raises(CommandError, match="Not what the manifest says: devices_node"):
        said("backup", "--prove")


def test_dump_and_manifest_are_of_one_moment(super_admin: Person, var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.fill(var)
    described = archive.described

    def and_then_a_node_comes(*args: object, **facts: object) -> object:
        manifest = described(*args, **facts)  # type: ignore[arg-type]
        Node.objects.create(key="late", name="Late", device_type="edge")
        return manifest

    monkeypatch.setattr(archive, "described", and_then_a_node_comes)
    said("backup")
    assert Node.objects.filter(key="late").exists()
    assert "stands the proof" in said("backup", "--prove")


def test_only_the_newest_are_kept(super_admin: Person, var: Path, settings: Settings) -> None:
    settings.BACKUPS_KEPT = 2
    for _ in range(3):
        said("backup")
    there = sorted(path.name for path in (var / "backups").iterdir())
    rows = list(Backup.objects.order_by("id").values_list("name", "removed_at"))
    assert there == [f"{name}.rdos" for name, removed in rows[1:]]
    assert rows[0][1] and not rows[1][1] and not rows[2][1]


def test_a_named_output_lies_where_it_was_wanted(super_admin: Person, tmp_path: Path, var: Path) -> None:
    wanted = tmp_path / "deep" / "mine.rdos"
    said("backup", "--output", str(wanted))
    assert archive.checked(wanted).name == Backup.objects.get().name
    assert not (var / "backups").exists()


def test_a_backup_that_fails_says_why_and_leaves_nothing(super_admin: Person, var: Path) -> None:
    var.mkdir()
    (var / "backups").write_text("in the way")
    with pytest.raises(CommandError):
        said("backup")
    row = Backup.objects.get()
    assert row.status == "failed" and "FileExistsError" in row.reason
    assert JournalEntry.objects.filter(action="backup.failed").count() == 1


# --- Refusals, before anything changes ---


def test_a_hub_with_something_in_it_is_not_overwritten(made: Backup) -> None:
    with pytest.raises(NotEmpty, match=r"the table \w+ has \d+ row"):
        restoring.restore(Path(made.path))
    assert Node.objects.count() == 1


def test_a_damaged_archive_is_refused_before_the_hub_is_even_looked_at(made: Backup) -> None:
    path = Path(made.path)
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged):
        restoring.restore(path)
    assert Node.objects.count() == 1


def test_the_wrong_master_key_is_told_in_a_sentence(made: Backup, settings: Settings) -> None:
    settings.MASTER_KEY = "another-4c1e-Vt02-Jd77-key"
    with pytest.raises(ForeignKey, match="made under another master key"):
        restoring.restore(Path(made.path))


def test_an_archive_of_a_newer_hub_is_refused_by_its_migration(super_admin: Person, var: Path) -> None:
    tomorrow = MigrationRecorder.Migration.objects.create(app="devices", name="9999_of_tomorrow")
    said("backup")
    # No test cleans up that table.
    tomorrow.delete()
    with pytest.raises(Unfit, match=r"newer hub .* devices\.9999_of_tomorrow"):
        restoring.restore(Path(Backup.objects.get().path))


def test_what_is_not_there_is_told(var: Path, db: None) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        said("restore", "/nowhere/at-all.rdos")
    with pytest.raises(CommandError, match="no archive on this machine"):
        said("backup", "--prove")
