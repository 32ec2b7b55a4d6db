"""What the front page shows of the health checks."""

from collections.abc import Iterator
from datetime import datetime

from rdos.health import checks
from rdos.health.checks import Finding
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Light

NAMES = {"database": "Database", "redis": "Redis", "nats": "NATS bus", "clock": "Clock", "bridge": "Bus bridge"}
# What a person loses, in their words.
LOST = {
    "database": "Nothing can be read or written.",
    "redis": "Live pages and background work stand still; nothing is lost.",
    "nats": "Devices on the bus cannot be reached.",
    "clock": "Ticks do not run: schedules, sealing and expiry wait.",
    "bridge": "What devices on the bus say is not heard, and commands to them wait.",
}
FAILING = {"clock": "Late", "bridge": "Cut off"}


def lights(actor: Actor, at: datetime) -> Iterator[Light]:
    for name, finding in checks.everything().items():
        word = "Working" if finding.healthy else FAILING.get(name, "Not reachable")
        text = _said(name, finding) if finding.healthy else f"{LOST.get(name, '')} {finding.error or ''}".strip()
        yield Light(NAMES.get(name, name), finding.healthy, word, text, finding.milliseconds)


def _said(name: str, finding: Finding) -> str:
    if name != "bridge" or not finding.facts:
        return "Answers promptly"
    count, reached = finding.facts["bridges"], finding.facts["reached"]
    bridges = f"{count} bridge{'' if count == 1 else 's'}"
    return f"{bridges}, reached" if reached == count else f"{bridges}, of which {reached} reached"
