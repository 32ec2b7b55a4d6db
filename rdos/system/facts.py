"""What is told of the hub and of the machine it runs on."""

import platform
import socket
import time
from typing import Any

import psutil
from django.conf import settings
from django.utils import timezone

from rdos.health import checks

MEBIBYTE = 1024 * 1024
_begun = psutil.Process().create_time()
# From here on the processor's load is measured from one question to the next.
psutil.cpu_percent()


def info() -> dict[str, Any]:
    return {
        "version": settings.VERSION,
        "hostname": socket.gethostname(),
        "platform": f"{platform.system()} {platform.release()}",
        "python_version": platform.python_version(),
        "uptime_seconds": round(max(0.0, time.time() - _begun), 3),
        "memory_usage_mb": round(psutil.virtual_memory().used / MEBIBYTE, 1),
        "cpu_percent": psutil.cpu_percent(),
        "nats_connected": checks.nats().healthy,
        "redis_connected": checks.redis().healthy,
        "database_connected": checks.database().healthy,
    }


def health() -> dict[str, Any]:
    """The API answers, or nobody would hear this."""
    found = {
        "nats": checks.nats().healthy,
        "api": True,
        "redis": checks.redis().healthy,
        "database": checks.database().healthy,
    }
    status = "healthy" if all(found.values()) else "degraded"
    return {"status": status, "version": settings.VERSION, "checks": found, "timestamp": timezone.now()}
