"""What the journal says of nodes, told as events. A new kind is one more line in the table of translators."""

from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Any
from uuid import UUID

from devices.models import Node
from rdos.kernel.addresses import neighbourhood
from rdos.kernel.figures import lasting
from rdos.kernel.journal import follow
from rdos.kernel.models import JournalEntry
from telemetry.choices import Severity
from telemetry.services import drafts, flapping
from telemetry.services.drafts import Draft

READER = "telemetry.events"
READ_AT_ONCE = 1000

Facts = dict[str, Any]
# The entry, its details, and its node where the hub knows it.
Translator = Callable[[JournalEntry, Facts, UUID | None], Draft | None]


def tell(limit: int = READ_AT_ONCE) -> int:
    """Tells what the journal has sealed since the last time, and says how many entries that were."""
    with follow(READER, limit=limit) as entries:
        ours = [entry for entry in entries if entry.action in TRANSLATORS]
        if ours:
            drafts.keep(flapping.damped(_translated(ours)))
        return len(entries)


def _translated(entries: Iterable[JournalEntry]) -> list[Draft]:
    named = {entry.pk: _uuid(entry.object_id) for entry in entries}
    known = set(
        Node.objects.filter(pk__in=[node_id for node_id in named.values() if node_id]).values_list("pk", flat=True)
    )
    nodes = {pk: node_id if node_id in known else None for pk, node_id in named.items()}
    found = (TRANSLATORS[entry.action](entry, _facts(entry), nodes[entry.pk]) for entry in entries)
    return [draft for draft in found if draft]


def severity_of(entry: JournalEntry) -> str:
    """Of the event that an entry is told as; empty if it is told as none."""
    translator = TRANSLATORS.get(entry.action)
    draft = translator(entry, _facts(entry), _uuid(entry.object_id)) if translator else None
    return draft.severity if draft else ""


def _connected(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft | None:
    return _of_node(entry, node_id, Severity.INFO, "connection", "Node connected", facts)


def _disconnected(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft | None:
    # Whoever was only found on the bus, and claimed by nobody, is missed by nobody.
    excused = facts.get("maintenance") is True or facts.get("claimed") is False
    severity = Severity.INFO if excused else Severity.CRITICAL
    shown = {name: facts.get(name) for name in ("code", "reason")}
    return _of_node(entry, node_id, severity, "connection", "Node disconnected", shown)


def _incompatible(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft | None:
    message = str(facts.get("reason") or "The node does not speak as this hub does.")
    return _of_node(entry, node_id, Severity.WARNING, "compatibility", message, facts)


def _drifted(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft | None:
    message = "The reported configuration differs from the desired one"
    return _of_node(entry, node_id, Severity.WARNING, "config", message, facts)


def _converged(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft | None:
    return _of_node(entry, node_id, Severity.INFO, "config", "The reported configuration is the desired one", facts)


HEALTH = {"online": Severity.INFO, "degraded": Severity.WARNING, "error": Severity.CRITICAL}


def _health(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft | None:
    status = str(facts.get("status"))
    words = "The node is well again" if status == "online" else f"The node reports that it is {status}"
    reason = str(facts.get("reason") or "")
    severity = HEALTH.get(status, Severity.WARNING)
    return _of_node(entry, node_id, severity, "health", f"{words}: {reason}" if reason else words, facts)


def _gateway_lost(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft:
    nodes = facts.get("nodes")
    message = f"A process of the hub died; {nodes} nodes lost their connection with it"
    return _of_hub(entry, Severity.MAJOR, "hub", message, facts)


def _bus(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft:
    if entry.action == "bus.reached":
        return _of_hub(entry, Severity.INFO, "bus", "The hub hears the bus", facts)
    return _of_hub(
        entry, Severity.MAJOR, "bus", "The hub lost the bus: what lives there is neither heard nor told", facts
    )


def _halted(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft:
    keys = facts.get("keys")
    named = ", ".join(map(str, keys)) if isinstance(keys, list) else ""
    whom = "all robots" if facts.get("everyone") is True else named or "nobody"
    if failed := str(facts.get("error") or ""):
        return _of_hub(
            entry, Severity.CRITICAL, "motion", f"{entry.actor_label} could not stop {whom}: {failed}", facts
        )
    return _of_hub(entry, Severity.WARNING, "motion", f"{entry.actor_label} stopped {whom}", facts)


BACKUPS = {"backup.failed": "A backup failed", "backup.proof_failed": "A backup could not be proven"}


def _backup(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft:
    why = f": {entry.summary}" if entry.summary else ""
    return _of_hub(entry, Severity.MAJOR, "backup", BACKUPS[entry.action] + why, facts)


def _clock(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft:
    lasted = lasting(facts.get("late_seconds") or facts.get("back_seconds") or 0)
    said = {
        "clock.late": f"The clock has not ticked for {lasted}",
        "clock.back": f"The clock ticks again, after {lasted}",
        "clock.put_back": f"The database's clock was put back by {lasted}; schedules are aimed anew",
    }
    severity = Severity.INFO if entry.action == "clock.back" else Severity.MAJOR
    return _of_hub(entry, severity, "clock", said[entry.action], facts)


def _of_hub(entry: JournalEntry, severity: Severity, category: str, message: str, details: Facts) -> Draft:
    return Draft(
        node_id=None,
        severity=severity,
        category=category,
        message=message,
        details=details,
        at=entry.at,
        action=entry.action,
    )


def _of_node(
    entry: JournalEntry, node_id: UUID | None, severity: Severity, category: str, message: str, details: Facts
) -> Draft | None:
    """A node that is gone has no events."""
    if node_id is None:
        return None
    return Draft(
        node_id=node_id,
        severity=severity,
        category=category,
        message=message,
        details=details,
        at=entry.at,
        action=entry.action,
    )


def _refused(entry: JournalEntry, facts: Facts, node_id: UUID | None) -> Draft:
    """One row an hour for each place they come from, and for each node that is known there."""
    address = str(facts.get("address") or entry.actor_address)
    place = neighbourhood(address)[:64]
    times = facts.get("times")
    return Draft(
        node_id=node_id,
        severity=Severity.WARNING,
        category="auth",
        message=f"Connections refused from {place}: {{times}}",
        details={"address": address, "reason": facts.get("reason")},
        at=entry.at,
        action=entry.action,
        group_key=f"refused:{place}:{node_id or ''}:{entry.at.astimezone(UTC):%Y%m%d%H}",
        times=times if isinstance(times, int) and times > 0 else 1,
    )


def _facts(entry: JournalEntry) -> Facts:
    return entry.details if isinstance(entry.details, dict) else {}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


TRANSLATORS: dict[str, Translator] = {
    flapping.CONNECT: _connected,
    flapping.DISCONNECT: _disconnected,
    "node.incompatible": _incompatible,
    "node.refused": _refused,
    "node.drifted": _drifted,
    "node.converged": _converged,
    "node.health": _health,
    "gateway.lost": _gateway_lost,
    "bus.lost": _bus,
    "bus.reached": _bus,
    "motion.stop": _halted,
    **dict.fromkeys(BACKUPS, _backup),
    "clock.late": _clock,
    "clock.back": _clock,
    "clock.put_back": _clock,
}
