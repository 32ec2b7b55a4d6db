import logging
from typing import NamedTuple


class Line(NamedTuple):
    """A line on its way: what cannot change any more, and what was bound to the request that wrote it."""

    record: logging.LogRecord
    message: str
    context: dict[str, object]
