"""A no-op of Celery on the Redis of the benchmarks: acknowledged early, no results."""

import os

import redis
from celery import Celery

URL = os.environ.get("REDIS_URL", "")
QUEUE = "bench-peer"
app = Celery("peer", broker=URL, set_as_current=False)
app.conf.update(task_default_queue=QUEUE, task_ignore_result=True, worker_prefetch_multiplier=4)


@app.task(name="peer.noop", ignore_result=True)
def noop() -> None:
    pass


def left() -> int:
    """What is in the queue, or taken and not acknowledged yet."""
    return int(_redis.llen(QUEUE)) + int(_redis.hlen("unacked"))


_redis = redis.Redis.from_url(URL or "redis://127.0.0.1:1")
