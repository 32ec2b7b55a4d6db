"""The append-only record of what happened: who did what to which row, written in the change's own transaction."""

from rdos.kernel.journal.reading import end, follow, skip
from rdos.kernel.journal.recording import changes, entry_of, record, record_all, row_of
from rdos.kernel.journal.sealing import seal
from rdos.kernel.journal.verifying import Problem, verify
from rdos.kernel.journal.words import SYSTEM, Row, Who

__all__ = [
    "SYSTEM",
    "Problem",
    "Row",
    "Who",
    "changes",
    "end",
    "entry_of",
    "follow",
    "record",
    "record_all",
    "row_of",
    "seal",
    "skip",
    "verify",
]
