"""One path, several views: where a seed's resource is another one than the hub's, its accent has a view of its own."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.views import ApiView

Answering = Callable[..., HttpResponseBase]


def spoken(view: type[ApiView], **others: type[ApiView]) -> Answering:
    """The document and the matrix of rights know the hub's own view; the others keep to its rules."""
    return chosen(view.as_view(), **{name: other.as_view() for name, other in others.items()})


def chosen(own: Answering, **by_accent: Answering) -> Answering:
    """The same of plain views."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return by_accent.get(accent_of(request).name, own)(request, *args, **kwargs)

    return update_wrapper(answer, own)
