"""Filters for lists that are too long to ask them for their distinct values in the ordinary way."""

from typing import Any, ClassVar

from django.contrib.admin import DateFieldListFilter, SimpleListFilter
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest

MOST_WORDS = 200

# From one word straight to the next along the index: as many steps as there are words, however long the table.
NEXT_WORD = """
WITH RECURSIVE words(word) AS (
    SELECT MIN({column}) FROM {table}
    UNION ALL
    SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > words.word) FROM words WHERE words.word IS NOT NULL
)
SELECT word FROM words WHERE word IS NOT NULL LIMIT %s
"""


def words_of(model: type[Model], field: str) -> list[str]:
    names = {"column": connection.ops.quote_name(field), "table": connection.ops.quote_name(model._meta.db_table)}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_WORD.format(**names), [MOST_WORDS])
        return [word for (word,) in cursor.fetchall()]


class WordFilter(SimpleListFilter):
    """The words that occur in an indexed column."""

    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word) for word in words_of(model_admin.model, self.field)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class TimeFilter(DateFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "time"
