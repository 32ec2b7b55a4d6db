"""One path, several views: where a seed's resource is another one than the hub's, its accent has a view of its own."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.views import ApiView


def spoken(view: type[ApiView], **others: type[ApiView]) -> Callable[..., HttpResponseBase]:
    """The document and the matrix of rights know the hub's own view; the others keep to its rules."""
    own = view.as_view()
    by_accent = {name: other.as_view() for name, other in others.items()}

    def chosen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return by_accent.get(accent_of(request).name, own)(request, *args, **kwargs)

    return update_wrapper(chosen, own)
