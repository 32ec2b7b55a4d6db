"""Where the embedded servers live, and as whom they run.

As root they run as an unprivileged user. That user must be able to walk to its data and to the programs; when a folder
above them is closed (a checkout in root's own home), data and copies of the programs go to /var/lib/rdos instead.
"""

import hashlib
import itertools
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from rdos.up.problems import CannotStart
from rdos.up.state import write_private

ELSEWHERE = Path("/var/lib/rdos")
NOBODY = 65534


@dataclass(frozen=True)
class Person:
    """The user a server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Lodging:
    root: Path
    person: Person | None  # None: the servers run as whoever runs `up`

    def room(self, name: str) -> Path:
        """A directory for one server, closed to everyone else."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        self.give(path)
        path.chmod(0o700)
        return path

    def give(self, path: Path) -> None:
        if self.person:
            os.chown(path, self.person.uid, self.person.gid, follow_symlinks=False)

    def note(self, path: Path, text: str) -> Path:
        """A private file the server can read.

        It belongs beside the rooms, not inside one: there the server's user could lay links for root to write through.
        """
        write_private(path, text, owner=(self.person.uid, self.person.gid) if self.person else None)
        return path

    def within_reach(self, program: Path) -> bool:
        return self.person is None or (walkable(program.parent) and _open_to_all(program))

    def copy(self, source: Path, name: str) -> Path:
        """A copy of a file or folder at a place the server's user can walk to; made once per name."""
        target = self.root / "programs" / name
        if not target.exists():
            draft = target.with_name(f".{target.name}")
            shutil.rmtree(draft, ignore_errors=True)
            draft.parent.mkdir(parents=True, exist_ok=True)
            for folder in _between(self.root, draft):
                folder.chmod(0o755)
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, draft)
            _open(draft)
            draft.rename(target)
        return target


def lodge(directory: Path) -> Lodging:
    """The lodging that belongs to this state directory: the same at every start."""
    if os.geteuid() != 0:
        return Lodging(directory, None)
    remembered = directory / "lodging"
    if remembered.exists():
        root = Path(remembered.read_text(encoding="utf-8").strip())
    elif walkable(directory) or (directory / "postgres").exists():
        root = directory
    else:
        root = _unused(ELSEWHERE / hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12])
        write_private(remembered, str(root))
        print(f"A folder above {directory} is closed to other users, so the servers keep their data in {root}.")
    _passable(root)
    return Lodging(root, _person(root / "postgres"))


def _unused(wanted: Path) -> Path:
    """What an earlier hub on this path left is somebody's data: without its secrets it is neither used nor touched."""
    numbered = (wanted.with_name(f"{wanted.name}-{number}") for number in itertools.count(2))
    return next(place for place in itertools.chain([wanted], numbered) if not place.exists())


def _passable(root: Path) -> None:
    """A root shell with a strict umask must not close the way it has just chosen."""
    for path in (root.parent, root) if root.is_relative_to(ELSEWHERE) else (root,):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(path.stat().st_mode | 0o111)
    if not walkable(root):
        raise CannotStart(f"The servers cannot reach {root}: a folder above it is closed to other users.")


def _person(data: Path) -> Person:
    """Whoever already owns the data; else `nobody`."""
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Person(owner.st_uid, owner.st_gid)
    try:
        found = pwd.getpwnam("nobody")
    except KeyError:
        return Person(NOBODY, NOBODY)
    return Person(found.pw_uid, found.pw_gid)


def walkable(path: Path) -> bool:
    """Whether any user may pass through this folder and all above it."""
    resolved = path.resolve()
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (resolved, *resolved.parents))


def _open_to_all(path: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return path.stat().st_mode & wanted == wanted


def _open(copied: Path) -> None:
    for path in (copied, *copied.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))


def _between(root: Path, path: Path) -> list[Path]:
    return [folder for folder in path.parents if folder != root and folder.is_relative_to(root)]
