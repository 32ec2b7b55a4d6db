"""Files that are either whole or untouched, and private."""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rdos_agent.problems import CannotStart


def write_private(path: Path, text: str) -> None:
    """The old content stays until the new one is safely on disk."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # born with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """The new name must be on disk too. Some systems cannot sync a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None when there is no such file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise CannotStart(f"{path} cannot be read ({error}). Mend it or remove it.") from error
    if not isinstance(found, dict):
        raise CannotStart(f"{path} holds no JSON object. Mend it or remove it.")
    return found
