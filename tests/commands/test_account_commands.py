"""Commands for whoever holds the machine."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.choices import Role
from accounts.models import SecondFactor, User
from accounts.services import logins, users
from rdos.kernel.models import JournalEntry

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "Correct-Horse-7"
ORIGIN = logins.Origin(address="198.51.100.7")


def said(*command: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def ada(db: None) -> User:
    return users.make(username="ada", password=PASSWORD, email="ada@example.org", role=Role.OPERATOR)


def test_an_empty_hub_gets_an_administrator_with_an_invented_password(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RDOS_ADMIN_USERNAME", "grace")
    facts = json.loads(said("ensure_admin"))
    assert facts["created"] is True
    signed_in = logins.sign_in(name="grace", password=facts["password"], origin=ORIGIN, at=timezone.now())
    assert signed_in.user.role == Role.SUPER_ADMIN


def test_a_given_password_is_not_printed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RDOS_ADMIN_PASSWORD", PASSWORD)
    assert PASSWORD not in (text := said("ensure_admin"))
    assert json.loads(text)["password"] is None


def test_the_second_start_makes_nobody(db: None) -> None:
    said("ensure_admin")
    assert json.loads(said("ensure_admin"))["created"] is False
    assert User.objects.count() == 1


def test_reset_password_sets_an_invented_one_and_ends_all_logins(ada: User) -> None:
    logins.open_login(user=ada, origin=ORIGIN, at=timezone.now())
    text = said("reset_password", username="ADA", generate=True)
    assert "1 logins ended" in text
    invented = text.rsplit(" ", 1)[1].strip()
    assert logins.sign_in(name="ada", password=invented, origin=ORIGIN, at=timezone.now()).user == ada


def test_reset_password_of_nobody_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="There is no user nobody"):
        said("reset_password", username="nobody", generate=True)


def test_the_export_holds_users_and_the_audit_log_and_no_secret(ada: User) -> None:
    text = exported_text()
    document = json.loads(text)
    assert document["version"] == 1
    assert document["exported_by"] == "cli-export"
    assert [user["username"] for user in document["data"]["users"]] == ["ada"]
    row = document["data"]["audit_log"][0]
    assert row["action"] == "user.create"
    assert set(row) == {
        "id", "user_id", "action", "target_type", "target_id", "details", "ip_address", "created_at",
    }  # fmt: skip
    assert ada.password not in text
    assert "argon2" not in text


def exported_text() -> str:
    from rdos.kernel.api.rendering import dumps
    from rdos.management.commands.export import exported

    return dumps(exported()).decode()


def test_the_export_file_is_for_its_owner_only(ada: User, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    said("export", output=str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_bytes())["data"]["users"]


def test_setup_asks_at_a_terminal_and_refuses_a_second_time(transactional_db: None) -> None:
    first = at_a_terminal("setup", "--username", "root-of-all", answers=[PASSWORD, PASSWORD])
    assert "root-of-all may sign in now" in first
    assert "already has a super admin" in at_a_terminal("setup", "--username", "x", answers=[PASSWORD, PASSWORD])
    assert JournalEntry.objects.filter(action="user.create").count() == 1


def test_setup_refuses_a_weak_password_in_words(transactional_db: None) -> None:
    assert "It needs a digit" in at_a_terminal("setup", "--username", "x", answers=["weakweakWEAK", "weakweakWEAK"])


def at_a_terminal(*command: str, answers: list[str]) -> str:
    """Runs it on a real terminal, since getpass accepts nothing else, against this test's own database."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"{address}/{name}"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    heard = b""
    for prompt, answer in zip((b"Password: ", b"Once more: "), answers, strict=True):
        # A prompt throws away what was typed before it, so each answer waits for its own.
        heard = read_until(controller, prompt, heard)
        os.write(controller, f"{answer}\n".encode())
    heard = read_until(controller, None, heard)
    process.wait(timeout=60)
    return heard.decode()


def read_until(controller: int, prompt: bytes | None, heard: bytes) -> bytes:
    """Up to a prompt, or to the end."""
    while prompt is None or not heard.endswith(prompt):
        try:
            heard += os.read(controller, 4096)
        except OSError:
            # Linux says so when the other end of a terminal is gone.
            assert prompt is None, heard.decode()
            return heard
    return heard


def test_a_lost_phone_is_written_down_as_the_hubs_doing(ada: User) -> None:
    SecondFactor.objects.create(user=ada, secret="x", confirmed_at=timezone.now())
    said("reset_password", username="ada", generate=True, remove_second_factor=True)
    written = JournalEntry.objects.filter(action__in=["user.password", "user.second_factor_off"])
    assert set(written.values_list("actor_kind", "actor_label")) == {("system", "hub")}
    assert written.count() == 2
