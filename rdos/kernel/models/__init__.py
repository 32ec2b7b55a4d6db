from rdos.kernel.models.backup import Backup
from rdos.kernel.models.backup_proof import BackupProof
from rdos.kernel.models.hub_line import HubLine
from rdos.kernel.models.journal_cursor import JournalCursor
from rdos.kernel.models.journal_entry import JournalEntry
from rdos.kernel.models.journal_seal import JournalSeal
from rdos.kernel.models.key_check import KeyCheck

__all__ = ["Backup", "BackupProof", "HubLine", "JournalCursor", "JournalEntry", "JournalSeal", "KeyCheck"]
