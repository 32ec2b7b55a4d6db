"""Which versions this hub runs on. Asked once in a while: they change only with a restart of something."""

import json
import platform
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from redis import Redis
from redis.exceptions import RedisError

KEEP_SECONDS = 300
DEADLINE = 0.5
GREETING_BYTES = 8192

Version = tuple[str, str]


def known() -> list[Version]:
    found: list[Version] | None = cache.get("versions")
    if found is None:
        found = _ask()
        cache.set("versions", found, KEEP_SECONDS)
    return found


def _ask() -> list[Version]:
    fixed = [("RDOS", settings.VERSION), ("Python", platform.python_version()), ("Django", django.get_version())]
    asked: tuple[Callable[[], Version], ...] = (_database, _redis, _nats)
    return fixed + [ask() for ask in asked]


def _database() -> Version:
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
            return name, str(cursor.fetchone()[0]).split()[0]
    except DatabaseError:
        return name, ""


def _redis() -> Version:
    if not settings.REDIS_URL:
        return "Redis", ""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=DEADLINE, socket_connect_timeout=DEADLINE) as client:
            return "Redis", str(client.info("server").get("redis_version", ""))
    except (RedisError, OSError):
        return "Redis", ""


def _nats() -> Version:
    """The server's greeting tells its version before anybody signs in."""
    if not settings.NATS_URL:
        return "NATS", ""
    address = urlsplit(settings.NATS_URL)
    try:
        with socket.create_connection((address.hostname or "127.0.0.1", address.port or 4222), DEADLINE) as line:
            line.settimeout(DEADLINE)
            greeting = line.makefile("rb").readline(GREETING_BYTES)
        return "NATS", str(json.loads(greeting.partition(b" ")[2]).get("version", ""))
    except (OSError, ValueError):
        return "NATS", ""
