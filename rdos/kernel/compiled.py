"""Queries compiled once: for reads so hot that building their SQL costs more than running it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from rdos.kernel import prepared

Key = UUID | str
# They stand in for the key while the query is compiled, and are found again among its parameters.
ID, WORD = UUID(int=0), "\ufffd stands for the word"


class CompiledRow:
    """One row by its key. `build` gets a stand-in for the key and returns a `values_list`."""

    def __init__(self, stand_in: Key, build: Callable[[Any], QuerySet[Any, tuple[Any, ...]]]) -> None:
        self._stand_in = stand_in
        self._build = build
        # By vendor: the suite and a hub differ, a process never does.
        self._compiled: dict[str, tuple[str, tuple[Any, ...], Any, Any]] = {}

    def get(self, key: Key) -> tuple[Any, ...] | None:
        compiled = self._compiled.get(connection.vendor) or self._compile()
        sql, parameters, compiler, converters = compiled
        wanted = self._adapted(key)
        stand_in = self._adapted(self._stand_in)
        with prepared.cursor() as cursor:
            cursor.execute(sql, [wanted if one == stand_in else one for one in parameters])
            row = cursor.fetchone()
        if row is None:
            return None
        return tuple(next(iter(compiler.apply_converters([row], converters)))) if converters else tuple(row)

    def _compile(self) -> tuple[str, tuple[Any, ...], Any, Any]:
        compiler = self._build(self._stand_in).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        expressions = [select[0] for select in compiler.select]
        compiled = (sql, tuple(parameters), compiler, compiler.get_converters(expressions))
        self._compiled[connection.vendor] = compiled
        return compiled

    def _adapted(self, key: Key) -> Any:
        return key.hex if isinstance(key, UUID) and not connection.features.has_native_uuid_field else key
