"""`make bench`: runs every benchmark, or those named, and prints tables. It judges nothing: machines differ."""

import importlib
import os
import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

MODULES = (
    *("bench_doors", "bench_api", "bench_start", "bench_commands", "bench_stats", "bench_sockets", "bench_queue"),
    *("bench_queue_size", "bench_schedules", "bench_webhooks", "bench_events", "bench_bus"),
)


def machine() -> str:
    return f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def tables(names: list[str]) -> Iterator[str]:
    for name in names or MODULES:
        yield from importlib.import_module(f"tests.benchmarks.{name}").run()


def main(names: list[str]) -> int:
    # So that whatever was started is ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    unknown = set(names) - set(MODULES)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(MODULES)}.")
        return 1
    print(f"{machine()}; client and server share them.\n")
    for table in tables(names):
        print(table, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
