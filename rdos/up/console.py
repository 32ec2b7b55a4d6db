"""What a person sees at the terminal: every line under its program's name, and the address at the end."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
LONGEST_LINE = 16_384
WIDTH = 10


class Console:
    """Several threads speak here; a line is never torn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._colourful = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._colours: dict[str, int] = {}

    def line(self, name: str, text: str) -> None:
        self.write(f"{self._prefix(name)} {text}\n")

    def write(self, text: str) -> None:
        with self._lock:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except OSError:
                # The terminal or the pipe is gone. The hub goes on; nobody is left to tell.
                return

    def _prefix(self, name: str) -> str:
        label = f"{name:<{WIDTH}} |"
        if not self._colourful:
            return label
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"


def listen(process: subprocess.Popen[bytes], heard: Callable[[str], None], *, hush: str = "") -> threading.Thread:
    """Hand every line of a program on, from a thread of its own: a program must never wait for its reader."""
    thread = threading.Thread(target=_hand_on, args=(process, heard, hush), daemon=True)
    thread.start()
    return thread


def _hand_on(process: subprocess.Popen[bytes], heard: Callable[[str], None], hush: str) -> None:
    silent = re.compile(hush) if hush else None
    for text in _lines(process):
        if text.strip() and not (silent and silent.search(text)):
            heard(text)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    if process.stdout is None:
        return
    with process.stdout as stream:
        while raw := stream.readline(LONGEST_LINE):
            yield raw.decode(errors="replace").rstrip()


def box(lines: list[str]) -> str:
    width = max(map(len, lines))
    inside = "".join(f"│ {line:<{width}} │\n" for line in lines)
    return f"\n┌{'─' * (width + 2)}┐\n{inside}└{'─' * (width + 2)}┘\n\n"
