"""Rings a bell. The row is the letter: losing a bell delays, and never loses."""

from functools import partial

from django.db import transaction

from rdos.kernel.bells.exchange import exchange
from rdos.kernel.bells.telling import tell


def ring(topic: str, text: str = "", *, everywhere: bool = True) -> None:
    """From any thread or the loop; never raises. Without `everywhere`, a listener in this process is enough."""
    here = exchange()
    elsewhere = everywhere or not here.listens(topic)
    seen_to = here.ring(topic, text, elsewhere=elsewhere)
    if elsewhere and not seen_to:
        tell(topic, text)


def ring_on_commit(topic: str, text: str = "", *, everywhere: bool = True) -> None:
    transaction.on_commit(partial(ring, topic, text, everywhere=everywhere), robust=True)
