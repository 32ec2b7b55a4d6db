"""What a serving process does once, before its first request."""

import gc

from django.urls import get_resolver

# Requests make many small objects and few circles, so the collector's eager default costs a tenth of every request.
YOUNG_OBJECTS = 50_000


def warm_up() -> None:
    """Loads every view, so that the first request is no slower and a broken one is found now."""
    _ = get_resolver().url_patterns
    gc.collect()
    # All that is here now stays as long as the process; looking through it again finds nothing.
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)
