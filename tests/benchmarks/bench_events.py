"""What event triggers cost: microseconds for each entry of the journal that is read, in one process.

With none the reader only follows the seals; with 1,000 a burst is read in parts, each a bounded time of the clock's
worker. Most entries of a busy hub are heeded by nobody, so that is measured, and the worst case, where each entry is
asked by a thousand conditions.
"""

import time
from collections.abc import Iterator

from tests.benchmarks.hub import stand_on_servers

BURST = 5_000
TRIGGERS = 1_000
# Filters by their actions: how many listeners an entry has differs by a thousand.
CASES = (
    ("none", 0, "", ""),
    ("1,000, of other actions", TRIGGERS, "lamp.{number}", ""),
    ("1,000 of this action, 1 in 1,000 entries starts a run each", TRIGGERS, "node.tested", "details.n == {number}"),
    ("1, every entry starts a run (600 a minute)", 1, "node.*", ""),
)


def run() -> Iterator[str]:
    stand_on_servers()
    yield _table()


def _table() -> str:
    from tests.benchmarks import events_world

    lines = [f"### A burst of {BURST:,} entries, read by event triggers", ""]
    lines += [
        "| event triggers | entries read | µs an entry | longest part, ms | runs started |",
        "|---|---|---|---|---|",
    ]
    for words, many, action, condition in CASES:
        events_world.fill(many, action, condition)
        events_world.burst(BURST)
        took, read, longest = _read()
        lines.append(
            f"| {words} | {read:,} | {took * 1e6 / BURST:.1f} | {longest * 1e3:.0f} | {events_world.runs():,} |"
        )
    return "\n".join(lines) + "\n"


def _read() -> tuple[float, int, float]:
    from rdos.kernel.clock import database_now
    from scheduling.services import heeding

    parts, read = [], 0
    while True:
        began = time.perf_counter()
        more = heeding.heed(database_now())
        parts.append(time.perf_counter() - began)
        if not more:
            return sum(parts), read, max(parts)
        read += more
