"""The backups of the hub: which there are, when one was proven, and what is wrong with them on the front page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from rdos.backups import tasks
from rdos.kernel.models import Backup, BackupProof
from tests.console.browsing import at_desk
from tests.console.conftest import Visit
from tests.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def var(settings: Settings, tmp_path: Any) -> None:
    settings.VAR_DIR = tmp_path / "var"


def backup(name: str = "backup-20261101-030000", *, status: str = "done", days: float = 0, **facts: Any) -> Backup:
    at = timezone.now() - timedelta(days=days)
    ended = {} if status == "running" else {"ended_at": at, "seconds": 4.2}
    made = {"begun_at": at, "host": "hub-1", "path": f"/srv/rdos/var/backups/{name}.rdos", "size": 48_230_112}
    row = Backup.objects.create(name=name, status=status, good_until=at, **{**ended, **made, **facts})
    Backup.objects.filter(pk=row.pk).update(created_at=at)
    return row


def test_a_backup_is_begun_watched_and_proven(visit: Visit, admin: Person) -> None:
    browser = visit(admin)
    page = browser.go("/backups")
    browser.sees("No backup yet")
    page.get_by_role("button", name="Back up now").click()
    browser.sees("has begun")
    browser.sees("Waits for a worker")
    assert page.get_by_role("button", name="Back up now").count() == 0
    row = Backup.objects.get()
    tasks.make(row.pk)
    page.get_by_text("Done", exact=True).wait_for()
    page.get_by_role("button", name=f"Prove {row.name}").click()
    browser.sees("being restored aside")
    tasks.prove(row.pk)
    browser.sees("As it was")
    page.get_by_role("button", name="Back up now").wait_for()
    browser.is_content()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_the_page_fits(visit: Visit, admin: Person, theme: Any, narrow: bool) -> None:
    proven = timezone.now() - timedelta(days=1)
    old = backup("backup-20261020-030000", days=8, removed_at=proven)
    good = backup(days=2, proven_at=proven, created_by_label="alice")
    backup("backup-20261121-030000", status="failed", days=1, size=None, reason="OSError: [Errno 28] No space left.")
    backup("backup-20261122-030000", status="running", size=None)
    BackupProof.objects.create(backup=good, archive=f"{good.name}.rdos", seconds=12, passed=True, tables=68, rows=41402)
    reason = "Not what the manifest says: devices_node."
    BackupProof.objects.create(backup=old, archive=f"{old.name}.rdos", seconds=3, passed=False, reason=reason)
    browser = visit(admin, narrow=narrow, color_scheme=theme)
    browser.go("/backups")
    for text in (
        "48.2 MB",
        "No space left",
        "It made room for newer ones.",
        "hub-1",
        "the manifest says: devices_node",
    ):
        browser.sees(text)
    browser.fits()
    browser.picture(f"backups-{theme}-{'narrow' if narrow else 'wide'}")
    browser.is_content()


def test_only_admins_see_and_begin_them(operator: Person, admin: Person) -> None:
    row = backup()
    stranger = at_desk(operator)
    assert stranger.get("/backups").status_code == 403
    assert stranger.post("/backups/begin").status_code == 403
    assert stranger.post(f"/backups/{row.pk}/prove").status_code == 403
    assert b"/backups" not in stranger.get("/").content
    assert Backup.objects.count() == 1
    assert b'href="/backups"' in at_desk(admin).get("/").content
    assert Client().get("/backups/live").status_code == 401


def test_what_is_gone_cannot_be_proven(admin: Person) -> None:
    row = backup(removed_at=timezone.now())
    assert at_desk(admin).post(f"/backups/{row.pk}/prove").status_code == 404


# --- The front page ---


def front(person: Person) -> str:
    return at_desk(person).get("/").content.decode()


@pytest.fixture
def an_old_hub() -> Any:
    first = MigrationRecorder.Migration.objects.order_by("applied").first()
    assert first is not None
    was = first.applied
    MigrationRecorder.Migration.objects.filter(pk=first.pk).update(applied=was - timedelta(days=30))
    yield
    # No test cleans up that table.
    MigrationRecorder.Migration.objects.filter(pk=first.pk).update(applied=was)


def test_a_hub_of_today_is_not_told_to_make_one(admin: Person) -> None:
    assert "backup of this hub" not in front(admin)


def test_an_old_hub_without_any_is_told_so(admin: Person, operator: Person, an_old_hub: None) -> None:
    assert "There is no backup of this hub" in front(admin)
    assert "backup of this hub" not in front(operator)


def test_a_backup_of_last_week_is_too_old(admin: Person) -> None:
    backup(days=6)
    assert "The last backup is" not in front(admin)
    Backup.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert "The last backup is 8 d old" in front(admin)


def test_a_failed_backup_is_told_until_one_is_made(admin: Person) -> None:
    backup("backup-1", status="failed", days=2, reason="OSError: no space left")
    page = front(admin)
    assert "The last backup failed: backup-1" in page and "no space left" in page
    backup("backup-2", days=1)
    assert "The last backup failed" not in front(admin)


def test_a_failed_proof_is_told_until_one_passes(admin: Person) -> None:
    BackupProof.objects.create(archive="backup-1.rdos", seconds=1, passed=False, reason="It is damaged.")
    assert "An archive did not stand its proof: backup-1.rdos" in front(admin)
    BackupProof.objects.create(archive="backup-2.rdos", seconds=1, passed=True)
    assert "did not stand its proof" not in front(admin)
