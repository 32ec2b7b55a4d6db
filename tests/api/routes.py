"""Every route of the API, read from the URLconf itself: a later route joins by being there."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver

API = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
OPEN = re.compile(r"<(\w+):\w+>")
FILLERS = {"uuid": lambda: str(uuid4()), "int": lambda: "7", "str": lambda: "something"}
# Plain functions do not tell which methods they know.
FUNCTIONS = {"auth/login-form": ("POST",)}


def walk(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def api_routes() -> list[tuple[str, str]]:
    """Method and path below /api/v1/."""
    found = [(path.removeprefix(API), view) for path, view in walk(get_resolver().url_patterns) if path.startswith(API)]
    return sorted((method, path) for path, view in found for method in methods_of(path, view))


def address_of(path: str) -> str:
    """One that nothing lies at: whatever the path leaves open is filled in."""
    return "/api/v1/" + OPEN.sub(lambda found: FILLERS[found[1]](), path)


def methods_of(path: str, view: Any) -> Iterable[str]:
    if path in FUNCTIONS:
        return FUNCTIONS[path]
    return [method.upper() for method in METHODS if hasattr(view.view_class, method)]
