"""What may keep an archive from being made, proven or restored."""

from rdos.kernel.errors import Conflict, DomainError, Unavailable


class BackupFailed(Unavailable):
    """The backup could not be made."""

    code = "backup_failed"


class Unfit(DomainError):
    """The archive cannot be used here."""

    code = "archive_unfit"


class Damaged(Unfit):
    """The archive is damaged or cut short: it does not open to its end."""

    code = "archive_damaged"


class ForeignKey(Unfit):
    """The archive was made under another master key. Give that one as RDOS_MASTER_KEY (docs/operations.md, Backups)."""

    code = "archive_foreign_key"


class NotEmpty(Conflict):
    """An archive is restored into an empty hub only."""

    code = "hub_not_empty"
