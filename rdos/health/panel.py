"""What the front page shows of the health checks."""

from collections.abc import Iterator
from datetime import datetime

from rdos.health import checks
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Light

NAMES = {"database": "Database", "redis": "Redis", "nats": "NATS bus", "clock": "Clock"}
# What a person loses, in their words.
LOST = {
    "database": "Nothing can be read or written.",
    "redis": "Live pages and background work stand still; nothing is lost.",
    "nats": "Devices on the bus cannot be reached.",
    "clock": "Ticks do not run: schedules, sealing and expiry wait.",
}


def lights(actor: Actor, at: datetime) -> Iterator[Light]:
    for name, finding in checks.everything().items():
        word = "Working" if finding.healthy else ("Late" if name == "clock" else "Not reachable")
        text = "" if finding.healthy else f"{LOST.get(name, '')} {finding.error or ''}".strip()
        yield Light(NAMES.get(name, name), finding.healthy, word, text, finding.milliseconds)
