import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from rdos.up import bootstrap

ROOT = bootstrap.PROJECT_DIR
WHEEL = "rdos_tiny-1.0-py3-none-any.whl"


def project(place: Path, *lines: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / "requirements.txt").write_text("\n".join(["# why", *lines]))
    return place


def test_pins_are_read_with_extras_and_from_the_file_a_file_names(tmp_path: Path) -> None:
    project(tmp_path, "psycopg[binary,pool]==3.3.9", "Django==5.2.19  # LTS")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\nruff==0.17.6\n")
    found = bootstrap.pins(tmp_path / "requirements-dev.txt")
    assert found == {"psycopg": "3.3.9", "Django": "5.2.19", "ruff": "0.17.6"}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_of_our_own_requirements_is_a_pin(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]
    assert [line for line in lines if not bootstrap.PIN.match(line)] == []


def test_an_interpreter_with_every_pin_is_good_enough(tmp_path: Path) -> None:
    have = project(tmp_path, f"django=={metadata.version('django')}")
    assert bootstrap.satisfied(have / "requirements.txt")


def test_another_version_is_not_good_enough(tmp_path: Path) -> None:
    assert not bootstrap.satisfied(project(tmp_path, "django==1.0") / "requirements.txt")


def test_a_missing_package_is_not_good_enough_unless_it_is_skipped(tmp_path: Path) -> None:
    wanted = project(tmp_path, "no-such-package-here==1.0") / "requirements.txt"
    assert not bootstrap.satisfied(wanted)
    assert bootstrap.satisfied(wanted, frozenset({"no-such-package-here"}))


def test_the_stamp_follows_the_requirements(tmp_path: Path) -> None:
    here = project(tmp_path, "django==5.2.19")
    place = here / ".venv"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
    bootstrap.stamp_file(place, "requirements.txt").write_text(bootstrap.fingerprint(here, "requirements.txt"))
    assert bootstrap.stamped(place, here, "requirements.txt")
    project(tmp_path, "django==5.2.20")
    assert not bootstrap.stamped(place, here, "requirements.txt")


def test_the_environment_lives_where_rdos_venv_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RDOS_VENV", str(tmp_path / "elsewhere"))
    assert bootstrap.venv_place(project(tmp_path), "requirements.txt") == tmp_path / "elsewhere"


def test_a_folder_that_is_no_environment_is_never_emptied(tmp_path: Path) -> None:
    here, letters = project(tmp_path / "project"), tmp_path / "letters"
    letters.mkdir()
    (letters / "first.txt").write_text("dear")
    with pytest.raises(bootstrap.CannotPrepare, match="not a virtual environment"):
        bootstrap.install(letters, here, "requirements.txt", frozenset())
    assert (letters / "first.txt").read_text() == "dear"


def test_the_bootstrap_needs_no_package_at_all() -> None:
    asked = "import rdos.up.bootstrap, sys; print('django' in sys.modules, 'psutil' in sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_two_first_starts_at_once_make_one_environment_and_a_third_installs_nothing(tmp_path: Path) -> None:
    here = _small_project(tmp_path)
    command = [sys.executable, str(here / "manage.py"), "up", "--lan"]
    environment = {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "HOME": str(tmp_path)}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=90)[0] for process in both]
    assert [process.returncode for process in both] == [7, 7]
    assert all(answer.endswith(f"{here / '.venv'} ['--lan']\n") for answer in answers)
    # Whoever wanted to install it again would not find it.
    (tmp_path / WHEEL).unlink()
    third = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert third.stdout == f"{here / '.venv'} ['--lan']\n"


def test_a_package_that_cannot_be_had_is_said_in_words(tmp_path: Path) -> None:
    here = _small_project(tmp_path)
    project(here, "no-such-package-here==1.0")
    environment = {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "HOME": str(tmp_path)}
    command = [sys.executable, str(here / "manage.py"), "up"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Installing the packages failed" in done.stderr
    assert "Traceback" not in done.stderr


def _small_project(tmp_path: Path) -> Path:
    """Our manage.py and bootstrap around a hub of one line, with one tiny package to install."""
    here = project(tmp_path / "project", "rdos-tiny==1.0")
    (here / "rdos" / "up").mkdir(parents=True)
    for name in ("manage.py", "rdos/up/bootstrap.py"):
        (here / name).write_text((ROOT / name).read_text())
    (here / "rdos/up/main.py").write_text("import sys\ndef main(a):\n print(sys.prefix, a)\n return 7\n")
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as wheel:
        about = "rdos_tiny-1.0.dist-info"
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: rdos-tiny\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    return here
