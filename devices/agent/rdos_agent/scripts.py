"""The allow-list: programs that lie in the agent's own folder and that nobody else could have put there."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rdos_agent.problems import CommandRefused
from rdos_agent.state import open_to_others

NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
USUAL_TIMEOUT, LONGEST_TIMEOUT = 60, 3600
MOST_ARGUMENTS, LONGEST_ARGUMENTS = 64, 32 * 1024


@dataclass(frozen=True)
class Order:
    path: Path
    arguments: list[str]
    timeout: float


def ordered(folder: Path, action: dict[str, Any]) -> Order:
    """What a `run` asks for, or why it is refused."""
    return Order(
        path=_allowed(folder, action.get("script")),
        arguments=_arguments(action.get("arguments")),
        timeout=_timeout(action.get("timeout")),
    )


def _allowed(folder: Path, name: Any) -> Path:
    if os.name != "posix":
        raise CommandRefused("unsupported", "Scripts do not run on this system.")
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in (".", ".."):
        raise _not_allowed("A script's name has letters, digits, dots, dashes and underscores only.")
    path = folder / name
    try:
        facts = path.lstat()
    except OSError as error:
        raise CommandRefused("unknown_script", f"There is no script {name} in the scripts folder.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise _not_allowed(f"{name} is not a regular file.")
    if open_to_others(facts) or open_to_others(folder.stat()):
        raise _not_allowed(f"Others could have changed {name}.")
    if not os.access(path, os.X_OK):
        raise _not_allowed(f"{name} is not executable.")
    return path


def _not_allowed(sentence: str) -> CommandRefused:
    return CommandRefused("script_not_allowed", sentence)


def _arguments(found: Any) -> list[str]:
    words = [] if found is None else found
    if not isinstance(words, list) or not all(isinstance(word, str) and "\0" not in word for word in words):
        raise CommandRefused("validation_error", "arguments must be a list of texts.")
    if len(words) > MOST_ARGUMENTS or sum(map(len, words)) > LONGEST_ARGUMENTS:
        raise CommandRefused("validation_error", "The arguments are too many or too long.")
    return words


def _timeout(found: Any) -> float:
    seconds = USUAL_TIMEOUT if found is None else found
    if type(seconds) not in (int, float) or not 0 < seconds <= LONGEST_TIMEOUT:
        raise CommandRefused("validation_error", f"timeout must be a number of seconds up to {LONGEST_TIMEOUT}.")
    return float(seconds)
