"""Lists in another order than newest first: by a column and the id, from `values()`, without counts."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.envelopes import Page
from rdos.kernel.api.paging import PAGE_SIZE, NumberedQuery
from rdos.kernel.api.serializers import checked
from rdos.kernel.errors import InvalidQuery

Shape = Callable[[Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True)
class Order:
    field: str
    # From a cursor, which may hold anything.
    read: Callable[[Any], Any]
    descending: bool = False

    def of(self, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}{self.field}", f"{sign}id")

    def after(self, cursor: str) -> Q:
        value, pk = self._place(cursor)
        beyond = "lt" if self.descending else "gt"
        # The first condition says nothing new, but it is the one that an index can begin at.
        here = Q(**{f"{self.field}__{beyond}e": value})
        return here & (Q(**{f"{self.field}__{beyond}": value}) | Q(**{f"id__{beyond}": pk}))

    def cursor(self, row: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([row[self.field], row["id"]])).decode().rstrip("=")

    def _place(self, cursor: str) -> tuple[Any, UUID]:
        try:
            value, pk = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            return self.read(value), UUID(pk)
        except (ValueError, OverflowError, TypeError, AttributeError, binascii.Error) as error:
            raise InvalidQuery(errors={"cursor": ["Not a cursor of this list."]}) from error


def a_text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    return value


def an_instant(value: Any) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


BY_NAME = Order("name", a_text)
LATEST_OPENED = Order("opened_at", an_instant, descending=True)
NEWEST = Order("created_at", an_instant, descending=True)
LATEST_CHANGED = Order("updated_at", an_instant, descending=True)


def listed(
    request: Request,
    rows: QuerySet[Any, Any],
    *,
    order: Order,
    query: Mapping[str, Any],
    noun: str,
    shape: Shape,
    size: int = PAGE_SIZE,
) -> Response:
    """`query` holds `limit` and `cursor`; the rows are mappings. `size` is a numbered page's, if nobody asks."""
    accent = accent_of(request)
    ordered = order.of(rows)
    if accent.numbered_pages:
        return Response(accent.envelope(_numbered(request, ordered, noun, shape, size)))
    page = _keyset(ordered, order, query, noun, shape)
    response = Response(accent.envelope(page))
    if page.next_cursor:
        response["Link"] = f'<{_next_address(request, page.next_cursor)}>; rel="next"'
    return response


def _keyset(rows: QuerySet[Any, Any], order: Order, query: Mapping[str, Any], noun: str, shape: Shape) -> Page:
    if query["cursor"]:
        rows = rows.filter(order.after(query["cursor"]))
    found = list(rows[: query["limit"] + 1])
    shown = found[: query["limit"]]
    more = len(found) > len(shown)
    return Page(noun=noun, rows=shape(shown), next_cursor=order.cursor(shown[-1]) if more else "")


def _numbered(request: Request, rows: QuerySet[Any, Any], noun: str, shape: Shape, usual: int) -> Page:
    query = checked(NumberedQuery(data={"page_size": usual, **request.query_params.dict()}), query=True)
    number, size = query["page"], query["page_size"]
    shown = list(rows[(number - 1) * size : number * size])
    return Page(noun=noun, rows=shape(shown), number=number, size=size, total=rows.count())


def _next_address(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
