"""Subjects are built here and nowhere else: a word with a dot or a star would speak to somebody else."""

import re

from rdos.kernel.errors import InvalidInput

# Where the hub is answered; the broker lets everybody speak there.
ANSWERS = "hub.acks"
# Nodes with credentials live in an account of their own: what they say comes with OWN before the subject, and what they
# are told is said with TELL before it.
OWN, TELL = "own.", "tell."
PART = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_part(word: object) -> bool:
    return isinstance(word, str) and PART.fullmatch(word) is not None


def part(word: str, field: str = "id") -> str:
    if not is_part(word):
        raise InvalidInput(errors={field: ["1–64 letters, digits, `_` and `-`: it becomes a part of a subject."]})
    return word


def told(subject: str, *, own: bool) -> str:
    """Where a node is told what `subject` is for; `own`: it has a credential."""
    return f"{TELL}{subject}" if own else subject


def device(key: str, word: str) -> str:
    return f"device.{part(key)}.{word}"


def node(key: str, word: str) -> str:
    return f"node.{part(key)}.{word}"
