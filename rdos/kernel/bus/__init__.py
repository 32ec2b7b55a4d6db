"""The bus: NATS, and MQTT behind it. Never truth: the row is the letter, and what is published here is only told."""

from rdos.kernel.bus.errors import BusAway, MessageTooLarge, NoReply
from rdos.kernel.bus.portal import close, connected, publish, publish_soon, request, subscribe, unsubscribe

__all__ = [
    "BusAway",
    "MessageTooLarge",
    "NoReply",
    "close",
    "connected",
    "publish",
    "publish_soon",
    "request",
    "subscribe",
    "unsubscribe",
]
