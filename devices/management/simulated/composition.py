"""Which nodes a virtual fleet consists of."""

from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice

from devices.services.simulated import Part

MOST = 5000
PROFILES = {
    "edge": ("edge",),
    "relay": ("relay",),
    "robot": ("robot",),
    "agent": ("agent",),
    "mixed": ("edge", "robot", "relay", "edge", "agent", "robot"),
}


def parts(count: int, profile: str) -> list[Part]:
    return list(_parts(count, profile))


def _parts(count: int, profile: str) -> Iterator[Part]:
    numbers: Counter[str] = Counter()
    for kind in islice(cycle(PROFILES[profile]), count):
        numbers[kind] += 1
        yield Part(f"sim-{kind}-{numbers[kind]:03}", f"{kind.capitalize()} {numbers[kind]} (simulated)", kind)
