"""Starts real servers for the tests of the doors, and stops them again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.conf import settings
from django.db import connection

from tests.ports import free

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)


def own_database() -> str:
    """What leads a process of its own to this test's database."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def launch(*command: str, port: int, **variables: str) -> subprocess.Popen[bytes]:
    """`{port}` in the command becomes the port."""
    ours = {"DJANGO_SETTINGS_MODULE": "tests.doors.settings", "PYTHONPATH": str(PROJECT)}
    environment = os.environ | ours | variables
    arguments = [sys.executable, *(word.replace("{port}", str(port)) for word in command)]
    return subprocess.Popen(arguments, cwd=PROJECT, env=environment)


@contextmanager
def mortal_gateway(port: int, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """As `up` starts it, on the test's own database; it may be killed."""
    ours = {"DATABASE_URL": own_database(), "REDIS_URL": settings.REDIS_URL, "LOG_LEVEL": "error", **variables}
    command = [sys.executable, "manage.py", "gateway", "--port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **ours})
    try:
        _wait_until_alive(process, port)
        yield process
    finally:
        process.kill()
        process.wait(10)


def _wait_until_alive(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_alive(port):
        assert process.poll() is None and time.monotonic() < deadline, "the gateway did not start"
        time.sleep(0.02)


def _is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def running(*command: str, **variables: str) -> Iterator[Running]:
    port = free()
    process = launch(*command, port=port, **variables)
    try:
        _wait_until_listening(process, port)
        yield Running(process, port)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")


def gateway(*options: str) -> tuple[str, ...]:
    return ("-m", "django", "gateway", "--port", "{port}", *options)


def web(*options: str) -> tuple[str, ...]:
    return ("-m", "django", "web", "--port", "{port}", *options)


def daphne(application: str) -> tuple[str, ...]:
    return ("-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", application)
