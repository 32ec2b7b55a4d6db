"""Running one script: no shell, a clean environment, a time limit, and the end of what it said."""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import DEVNULL, Process
from typing import Any

from rdos_agent.problems import CommandRefused
from rdos_agent.scripts import Order

TAIL = 16 * 1024
CHUNK = 64 * 1024
# A background child may write for ever; a pipe holds less than this.
MOST_LEFT = 64


class Tail:
    """The last of a stream, read as it comes, so that a full pipe never stops the script.

    Our own pipe, because asyncio's makes the end of a process wait for whoever else holds it open.
    """

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        self._kept = b""
        os.set_blocking(self._reader, False)
        asyncio.get_running_loop().add_reader(self._reader, self._read)

    def _read(self) -> bool:
        try:
            chunk = os.read(self._reader, CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._reader)
        self._kept = (self._kept + chunk)[-TAIL:]
        return bool(chunk)

    def text(self) -> str:
        for _ in range(MOST_LEFT):
            if not self._read():
                break
        return self._kept.decode("utf-8", "replace")

    def hand_over(self) -> None:
        """The script has its end now; with ours open the stream would never end."""
        os.close(self.writer)
        self.writer = -1

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._reader)
        os.close(self._reader)
        if self.writer >= 0:
            os.close(self.writer)


async def run(order: Order) -> dict[str, Any]:
    """`exit_code` is null for a script that was stopped at its time limit."""
    started = time.monotonic()
    with contextlib.closing(Tail()) as out, contextlib.closing(Tail()) as err:
        process = await _start(order, out, err)
        out.hand_over()
        err.hand_over()
        exit_code = await _end(process, order.timeout)
        seconds = round(time.monotonic() - started, 3)
        return {"exit_code": exit_code, "stdout": out.text(), "stderr": err.text(), "seconds": seconds}


async def _start(order: Order, out: Tail, err: Tail) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            order.path,
            *order.arguments,
            cwd=order.path.parent,
            env=_environment(),
            stdin=DEVNULL,
            stdout=out.writer,
            stderr=err.writer,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # a missing interpreter; an argument that cannot be encoded
        raise CommandRefused("script_failed", f"The script could not be started: {error}") from error


def _environment() -> dict[str, str]:
    given = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {"PATH": os.defpath, "HOME": "/", "LANG": "C.UTF-8"} | given


async def _end(process: Process, limit: float) -> int | None:
    try:
        async with asyncio.timeout(limit):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        # Also when the agent itself ends: nobody would be left to stop it.
        if process.returncode is None:
            _kill(process.pid)
            await process.wait()


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
