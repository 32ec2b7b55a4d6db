"""What may be said of a node: its name, key, labels and the rest. Pure; every fault is told by its field."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from rdos.kernel.errors import InvalidInput

LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_REASON = 128, 512, 256
LONGEST_KEY, LONGEST_COMMAND, LONGEST_VALUE = 64, 128, 128
MOST_LABELS, MOST_DENIED = 64, 200
LARGEST_METADATA = 64 * 1024
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
KEY = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_KEY}}}")
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,62}")
# Room for the mark that tells two nodes of one name apart.
ROOM_FOR_A_MARK = 9


def check(fields: Mapping[str, Any]) -> None:
    """Looks at the fields it knows; the others are somebody else's."""
    faults = {name: list(FAULTS[name](value)) for name, value in fields.items() if name in FAULTS}
    found = {name: texts for name, texts in faults.items() if texts}
    if found:
        raise InvalidInput(errors=found)


def key_of(name: str) -> str:
    """The handle that a name suggests."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")
    return slug[: LONGEST_KEY - ROOM_FOR_A_MARK].strip("-") or "node"


def marked(key: str) -> str:
    """For the next node of the same name."""
    return f"{key}-{secrets.token_hex(4)}"


def label_faults(labels: Mapping[str, Any]) -> Iterator[str]:
    if len(labels) > MOST_LABELS:
        yield f"At most {MOST_LABELS} labels."
    for name, value in labels.items():
        if not LABEL.fullmatch(str(name)):
            yield f"{str(name)[:80]}: 1–63 letters, digits, `_`, `.`, `/` or `-`, beginning with a letter or digit."
        elif not isinstance(value, str) or len(value) > LONGEST_VALUE or CONTROLS.search(value):
            yield f"{name}: the value is a text of at most {LONGEST_VALUE} characters."


def _name_faults(name: str) -> Iterator[str]:
    if not 1 <= len(name) <= LONGEST_NAME or CONTROLS.search(name):
        yield f"1–{LONGEST_NAME} characters, none of them a control character."


def _description_faults(text: str) -> Iterator[str]:
    if len(text) > LONGEST_DESCRIPTION:
        yield f"At most {LONGEST_DESCRIPTION} characters."


def _reason_faults(text: str) -> Iterator[str]:
    if len(text) > LONGEST_REASON:
        yield f"At most {LONGEST_REASON} characters."


def _key_faults(key: str) -> Iterator[str]:
    if not KEY.fullmatch(key):
        yield f"1–{LONGEST_KEY} letters, digits, `_` or `-`."


def _metadata_faults(metadata: Mapping[str, Any] | None) -> Iterator[str]:
    written = _written(metadata)
    if written is None:
        yield "Plain JSON: no NUL, no infinite number."
    elif len(written) > LARGEST_METADATA:
        yield f"At most {LARGEST_METADATA // 1024} KiB."


def _written(value: object) -> bytes | None:
    """None for what the database could not hold, or would give back changed."""
    try:
        written = orjson.dumps(value)
    except TypeError:
        return None
    return written if orjson.loads(written) == value and b"\\u0000" not in written else None


def _denied_faults(names: list[Any]) -> Iterator[str]:
    if len(names) > MOST_DENIED:
        yield f"At most {MOST_DENIED} commands."
    if not all(isinstance(name, str) and 1 <= len(name) <= LONGEST_COMMAND for name in names):
        yield f"Names of commands, 1–{LONGEST_COMMAND} characters each."


FAULTS: dict[str, Callable[[Any], Iterator[str]]] = {
    "name": _name_faults,
    "description": _description_faults,
    "reason": _reason_faults,
    "key": _key_faults,
    "labels": label_faults,
    "metadata": _metadata_faults,
    "capabilities": _metadata_faults,
    "denied_commands": _denied_faults,
}
