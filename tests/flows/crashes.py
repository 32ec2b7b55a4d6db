"""Processes that die in the midst of what they do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


class Crash(BaseException):
    """The process is gone in the midst of it."""


@contextmanager
def dies_at(statement: int | None) -> Iterator[None]:
    """Lets so many statements through; none is never."""
    left = [statement]

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if left[0] is not None and not sql.startswith(("ROLLBACK", "SAVEPOINT", "RELEASE")):
            if left[0] == 0:
                raise Crash
            left[0] -= 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def survives(crash: int | None, act: Callable[[], Any]) -> Any:
    """What it gave, or None when the process died; then nothing of it may have happened."""
    try:
        with dies_at(crash):
            return act()
    except Crash:
        return None
