"""Keeps a serving process on one core.

Python runs one thread of a process at a time. When the loop's thread and the request threads wander over several cores,
every handover drags their whole state from one core's cache to another's: measured, a request then costs half as much
again (ADR 1). More cores are used by more processes.
"""

import os

from django.conf import settings


def settle() -> None:
    if not settings.ONE_CORE or not hasattr(os, "sched_setaffinity"):
        return
    allowed = sorted(os.sched_getaffinity(0))
    # Neighbours start one after another, so their ids spread them.
    os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})
