"""What a list is wrapped in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    noun: str
    rows: Sequence[Any]
    next_cursor: str = ""
    # Only where pages are numbered.
    number: int = 1
    size: int = 0
    total: int = 0


def bare(page: Page) -> Any:
    return page.rows


def nodetool(page: Page) -> dict[str, Any]:
    return {"next": page.next_cursor, page.noun: page.rows}


def numbered(page: Page) -> dict[str, Any]:
    has_more = (page.number - 1) * page.size + len(page.rows) < page.total
    return {
        "items": page.rows,
        "total": page.total,
        "page": page.number,
        "pageSize": page.size,
        "hasMore": has_more,
    }
