"""The scheduler of django-celery-beat itself, with a crontab row for each schedule."""

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta

import psutil
from django.utils import timezone
from redis import Redis

from tests.benchmarks.measuring import PROJECT

CASES = (1_000, 10_000)
QUEUE = "bench-beat"
TASK = "peer.tick"
PATIENCE = 90.0


def table() -> str:
    lines = [
        "### django-celery-beat, all of its crontab rows due in the same minute: seconds until they are in Redis",
        "",
        "| crontab rows | p50 | p99 | the last | CPU of beat, ms each |",
        "|---|---|---|---|---|",
    ]
    lines.extend(_line(many) for many in CASES)
    return "\n".join(lines) + "\n"


def _line(many: int) -> str:
    from django_celery_beat.models import PeriodicTask

    redis = Redis.from_url(os.environ["REDIS_URL"])
    redis.delete(QUEUE)
    moment = _fill(many)
    beat = psutil.Process(_beat().pid)
    try:
        late = _watch(redis, many, moment)
        cpu = sum(beat.cpu_times()[:2]) * 1000 / max(1, len(late))
    finally:
        beat.terminate()
        beat.wait(20)
        PeriodicTask.objects.filter(queue=QUEUE).delete()
        redis.delete(QUEUE)
    if len(late) < many:
        return f"| {many:,} | only {len(late):,} after {PATIENCE:.0f} s | | | {cpu:.2f} |"
    return f"| {many:,} | {late[many // 2]:.2f} | {late[int(many * 0.99) - 1]:.2f} | {late[-1]:.2f} | {cpu:.2f} |"


def _fill(many: int) -> datetime:
    """Due in the next minute that leaves beat the time to read them all."""
    from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

    moment = (timezone.now() + timedelta(seconds=75)).replace(second=0, microsecond=0)
    crontab = CrontabSchedule.objects.create(minute=str(moment.minute), hour=str(moment.hour), timezone="UTC")
    PeriodicTask.objects.bulk_create(
        [PeriodicTask(name=f"peer {n}", task=TASK, crontab=crontab, queue=QUEUE) for n in range(many)], batch_size=2000
    )
    PeriodicTasks.update_changed()
    return moment


def _beat() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.peer_beat_app", "beat", "--loglevel", "error"]
    scheduler = ["--scheduler", "django_celery_beat.schedulers:DatabaseScheduler", "--pidfile="]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen([*command, *scheduler], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)


def _watch(redis: "Redis", many: int, moment: datetime) -> list[float]:
    late: list[float] = []
    ends = time.monotonic() + (moment - timezone.now()).total_seconds() + PATIENCE
    while len(late) < many and time.monotonic() < ends:
        seen = int(redis.llen(QUEUE))  # type: ignore[arg-type]
        late.extend([(timezone.now() - moment).total_seconds()] * (seen - len(late)))
        time.sleep(0.01)
    return late
