"""What a serving process does once, before its first request."""

import gc

from django.core.cache import close_caches
from django.core.signals import request_finished
from django.urls import get_resolver

# Requests make many small objects, and the collector's eager default looks through them every few requests. Much more
# than this, and a rare look takes so long that whoever waits for it notices.
YOUNG_OBJECTS = 5_000


def warm_up() -> None:
    """Loads every view, so that the first request is no slower and a broken one is found now."""
    _ = get_resolver().url_patterns
    # The hub keeps nothing in Django's caches, and closing none of them costs a twentieth of a small request.
    request_finished.disconnect(close_caches)
    gc.collect()
    # All that is here now stays as long as the process; looking through it again finds nothing.
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 20)
