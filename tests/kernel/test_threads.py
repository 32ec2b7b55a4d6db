"""Calls aside from the requests: their own threads, and a database connection that is always given back."""

import threading
from contextvars import ContextVar

import pytest
from django.db import OperationalError, connection
from django.db.utils import InterfaceError

from rdos.kernel.threads import ASIDE_THREADS, in_thread

colour: ContextVar[str] = ContextVar("colour", default="none")


async def test_it_runs_in_a_thread_of_its_own_and_hands_over_the_result() -> None:
    assert (await in_thread(lambda: threading.current_thread().name)).startswith("aside-")
    assert await in_thread(divmod, 7, 3) == (2, 1)


async def test_what_it_raises_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 1, 0)


async def test_it_sees_nothing_of_the_callers_context() -> None:
    colour.set("red")
    assert await in_thread(colour.get) == "none"


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return int(cursor.fetchone()[0])


def cut_the_line() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.django_db(transaction=True)
async def test_the_connection_goes_back_after_each_call() -> None:
    for _ in range(3 * ASIDE_THREADS):
        assert await in_thread(ask) == 42
        assert await in_thread(lambda: connection.connection) is None


@pytest.mark.django_db(transaction=True)
async def test_a_broken_connection_does_not_spoil_the_next_call() -> None:
    for _ in range(2 * ASIDE_THREADS):
        with pytest.raises((OperationalError, InterfaceError)):
            await in_thread(cut_the_line)
        assert await in_thread(ask) == 42
