"""Rows of several kinds as one list, for `paged`."""

from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet


class Merged:
    """Newest first. Each kind needs `created_at` and `id`, and is read no further than the page goes."""

    def __init__(self, *kinds: QuerySet[Any]) -> None:
        self._kinds = kinds

    def order_by(self, *fields: str) -> "Merged":
        return Merged(*(rows.order_by(*fields) for rows in self._kinds))

    def filter(self, *conditions: Q, **more: Any) -> "Merged":
        return Merged(*(rows.filter(*conditions, **more) for rows in self._kinds))

    def count(self) -> int:
        return sum(rows.count() for rows in self._kinds)

    def __getitem__(self, page: slice) -> list[Any]:
        read = [list(rows[: page.stop]) for rows in self._kinds]
        newest = merge(*read, key=lambda row: (row.created_at, row.pk), reverse=True)
        return list(islice(newest, page.start or 0, page.stop))
