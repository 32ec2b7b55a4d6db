"""Bells: "look at your rows again", from any thread of any process to whoever listens. One may be lost."""

from rdos.kernel.bells.exchange import Exchange, exchange
from rdos.kernel.bells.ringing import ring, ring_on_commit

__all__ = ["Exchange", "exchange", "ring", "ring_on_commit"]
