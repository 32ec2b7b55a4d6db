"""Log lines come in from nodes."""

from collections.abc import Sequence

from devices.models import Node
from rdos.kernel import intake
from rdos.kernel.journal.storable import text
from telemetry.choices import LogLevel
from telemetry.models import LogLine
from telemetry.models.log_line import LONGEST_SOURCE

LONGEST_MESSAGE = 10_000


def take(sent: Sequence[intake.LogLine]) -> None:
    """In the transaction that received them. A node that is gone has nothing to say."""
    known = set(Node.objects.filter(pk__in={line.node_id for line in sent}).values_list("pk", flat=True))
    LogLine.objects.bulk_create(_row(line) for line in sent if line.node_id in known)


def _row(line: intake.LogLine) -> LogLine:
    return LogLine(
        node_id=line.node_id,
        at=line.at,
        level=LogLevel.heard(line.level),
        source=text(line.source, LONGEST_SOURCE),
        message=text(line.message, LONGEST_MESSAGE),
    )
