"""Lists: keyset by default (no counts, no repeats), numbered where an accent's clients count pages."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.envelopes import Page
from rdos.kernel.api.merging import Merged
from rdos.kernel.api.serializers import RequestSerializer, checked
from rdos.kernel.errors import InvalidQuery

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1000
PAGE_SIZE, LARGEST_PAGE = 20, 100
FURTHEST_PAGE = 10_000


class KeysetQuery(RequestSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_LIMIT, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(max_length=500, default="", allow_blank=True)


class NumberedQuery(RequestSerializer):
    page = serializers.IntegerField(min_value=1, max_value=FURTHEST_PAGE, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=PAGE_SIZE)


Shape = Callable[[Sequence[Any]], Sequence[Any]]


def paged(request: Request, rows: QuerySet[Any] | Merged, *, noun: str, shape: Shape) -> Response:
    """Newest first. The rows need `created_at` and `id`."""
    accent = accent_of(request)
    ordered = rows.order_by("-created_at", "-id")
    page = _numbered(request, ordered, noun, shape) if accent.numbered_pages else _keyset(request, ordered, noun, shape)
    response = Response(accent.envelope(page))
    if page.next_cursor:
        response["Link"] = f'<{_next_address(request, page.next_cursor)}>; rel="next"'
    return response


def _keyset(request: Request, rows: QuerySet[Any] | Merged, noun: str, shape: Shape) -> Page:
    query = checked(KeysetQuery(data=request.query_params.dict()), query=True)
    if query["cursor"]:
        at, pk = _read_cursor(query["cursor"])
        # The first condition says nothing new, but it is the one that an index can begin at.
        rows = rows.filter(Q(created_at__lt=at) | Q(id__lt=pk), created_at__lte=at)
    found = list(rows[: query["limit"] + 1])
    shown = found[: query["limit"]]
    more = len(found) > len(shown)
    return Page(noun=noun, rows=shape(shown), next_cursor=_write_cursor(shown[-1]) if more else "")


def _numbered(request: Request, rows: QuerySet[Any] | Merged, noun: str, shape: Shape) -> Page:
    query = checked(NumberedQuery(data=request.query_params.dict()), query=True)
    number, size = query["page"], query["page_size"]
    shown = list(rows[(number - 1) * size : number * size])
    return Page(noun=noun, rows=shape(shown), number=number, size=size, total=rows.count())


def _next_address(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _write_cursor(row: Model) -> str:
    place = [row.created_at.isoformat(), str(row.pk)]  # type: ignore[attr-defined]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, UUID]:
    try:
        at, pk = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment = parse_datetime(at)
        if moment is None or moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC), UUID(pk)
    except (ValueError, OverflowError, TypeError, AttributeError, binascii.Error) as error:
        raise InvalidQuery(errors={"cursor": ["Not a cursor of this list."]}) from error
