"""Robots on the bus: how much of what they publish the bridge takes in, how late it is stored, and what that costs.

500 devices at 20 messages a second offer 10,000. Goals: 5,000 a second and more, p99 under a second late, and of no
series the last value lost. Beside it a nats-py subscriber that only parses what it hears. Meanwhile a command is given
every fifth of a second: how long it takes until the broker has it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

import django
import psutil

from tests.benchmarks.hub import stand_on_servers
from tests.benchmarks.measuring import PROJECT, RUNS

DEVICES, PER_SECOND, SECONDS = 500, 20.0, 15.0
WARM_SECONDS = 4.0
LOOK_SECONDS = 0.05
TELL_SECONDS = 0.2
PATIENCE = 30.0
SERIES = "motor.published_at"


@dataclass(frozen=True)
class Found:
    offered: float
    taken: float
    cpu: float
    database_cpu: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    lost: int = 0
    told_p50: float = 0.0
    told_p99: float = 0.0


def run() -> Iterator[str]:
    stand_on_servers()
    django.setup()
    yield _table([_bridge() for _ in range(RUNS)], [_bare() for _ in range(RUNS)])


def _table(ours: list[Found], bare: list[Found]) -> str:
    lines = [
        f"### {DEVICES} devices at {PER_SECOND:g} messages a second on the bus",
        "",
        "| | offered/s | taken in/s, median [min-max] | CPU us/message | p50 / p99 late, s | last values lost |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in (("the bridge, stored", ours), ("nats-py, parsed only", bare)):
        taken = [one.taken for one in found]
        late = f"{median(one.p50 for one in found):.2f} / {median(one.p99 for one in found):.2f}"
        lines.append(
            f"| {name} | {median(one.offered for one in found):.0f} "
            f"| {median(taken):.0f} [{min(taken):.0f}-{max(taken):.0f}] "
            f"| {median(one.cpu for one in found) * 1e6:.0f} | {late if found is ours else ''} "
            f"| {max(one.lost for one in found) if found is ours else ''} |"
        )
    cpu = median(one.database_cpu for one in ours) * 1e6
    told = f"{median(one.told_p50 for one in ours) * 1000:.0f} / {median(one.told_p99 for one in ours) * 1000:.0f}"
    lines += ["", f"The database spends {cpu:.0f} us a message beside the bridge."]
    lines.append(f"A command given meanwhile is with the broker after {told} ms (p50 / p99).")
    return "\n".join(lines) + "\n"


def _bridge() -> Found:
    from devices.models import Bridge
    from tests.benchmarks.queue_world import database_cpu

    _forget()
    with _child(["manage.py", "bridge"]) as bridge:
        _until(lambda: Bridge.objects.filter(reached_at__isnull=False).exists())
        warm = _told(_publishing(WARM_SECONDS))
        _until(lambda: len(_stored()) == DEVICES and _heard() >= warm["sent"])
        before, cpu, database = _heard(), _cpu(bridge), database_cpu()
        publisher = _publishing(SECONDS)
        late = _watch(publisher)
        quick = _commands_took()
        told = _told(publisher)
        spent, database = _cpu(bridge) - cpu, database_cpu() - database
        lost = _lost(told["last"])
        taken = _heard_after(before, told["sent"]) - before
    p50, p99 = median(late), quantiles(late, n=100)[98]
    rate = taken / told["seconds"]
    told_p50, told_p99 = median(quick), quantiles(quick, n=100)[98]
    offered = told["sent"] / told["seconds"]
    return Found(offered, rate, spent / taken, database / taken, p50, p99, lost, told_p50, told_p99)


def _bare() -> Found:
    with _child(["-m", "tests.benchmarks.bare_subscriber", os.environ["NATS_URL"]], piped=True) as process:
        assert process.stdout is not None and process.stdout.readline()
        cpu = _cpu(process)
        told = _told(_publishing(SECONDS))
        time.sleep(1.0)
        spent = _cpu(process) - cpu
        process.terminate()
        heard = json.loads(process.stdout.readline())["heard"]
    return Found(told["sent"] / told["seconds"], heard / told["seconds"], spent / heard)


def _watch(publisher: "subprocess.Popen[bytes]") -> list[float]:
    """How old each new value is when it can be read. The time between two looks is counted as lateness."""
    late: list[float] = []
    seen, told_at = _stored(), 0.0
    while publisher.poll() is None:
        if time.monotonic() - told_at > TELL_SECONDS:
            told_at = time.monotonic()
            _tell()
        found, now = _stored(), time.time()
        late += [now - value for name, value in found.items() if value != seen.get(name)]
        seen = found
        time.sleep(LOOK_SECONDS)
    return late


def _tell() -> None:
    from django.utils import timezone

    from devices.models import Node
    from devices.services import commands
    from rdos.kernel.journal import SYSTEM

    node = Node.objects.get(key="bench-0")
    expires_at = timezone.now() + timedelta(minutes=1)
    commands.create(who=SYSTEM, node_id=node.pk, action={"type": "blink"}, expires_at=expires_at)


def _commands_took() -> list[float]:
    from devices.models import Command

    rows = Command.objects.filter(node__key="bench-0", sent_at__isnull=False).values_list("created_at", "sent_at")
    return [(sent - made).total_seconds() for made, sent in rows]


def _lost(last: dict[str, float]) -> int:
    """Of how many devices the last word is not the last value, once everything had its time."""

    def wrong() -> int:
        found = _stored()
        return sum(abs(found.get(name, 0.0) - value) > 0.11 for name, value in last.items())

    deadline = time.monotonic() + 5.0
    while (lost := wrong()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return lost


def _stored() -> dict[str, float]:
    from telemetry.models import LastValue

    rows = LastValue.objects.filter(series__name=SERIES).values_list("series__node__key", "value")
    return dict(rows)


def _heard() -> int:
    from devices.models import Bridge

    return sum(Bridge.objects.values_list("heard", flat=True))


def _heard_after(before: int, sent: int) -> int:
    """The bridge tells its figures every few seconds."""
    deadline = time.monotonic() + 8.0
    while _heard() - before < sent and time.monotonic() < deadline:
        time.sleep(0.2)
    return _heard()


def _forget() -> None:
    from devices.models import Bridge, Node

    Bridge.objects.all().delete()
    Node.objects.filter(key__startswith="bench-").delete()


def _publishing(seconds: float) -> "subprocess.Popen[bytes]":
    words = [os.environ["NATS_URL"], str(DEVICES), str(PER_SECOND), str(seconds)]
    command = [sys.executable, "-m", "tests.benchmarks.bus_publisher", *words]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)


def _told(publisher: "subprocess.Popen[bytes]") -> dict[str, Any]:
    said, _ = publisher.communicate(timeout=SECONDS + PATIENCE)
    found: dict[str, Any] = json.loads(said)
    return found


@contextmanager
def _child(words: list[str], *, piped: bool = False) -> Iterator["subprocess.Popen[bytes]"]:
    output = subprocess.PIPE if piped else None
    process = subprocess.Popen([sys.executable, *words], cwd=PROJECT, stdout=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


def _cpu(process: "subprocess.Popen[bytes]") -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def _until(true: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("It did not come about in time.")
        time.sleep(0.05)
