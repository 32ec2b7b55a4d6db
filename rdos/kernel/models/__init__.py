from rdos.kernel.models.journal_cursor import JournalCursor
from rdos.kernel.models.journal_entry import JournalEntry
from rdos.kernel.models.journal_seal import JournalSeal
from rdos.kernel.models.key_check import KeyCheck

__all__ = ["JournalCursor", "JournalEntry", "JournalSeal", "KeyCheck"]
