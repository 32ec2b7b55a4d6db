"""Who listens to what, on the loop."""

import logging
from collections.abc import Callable

# Gets the topic and the text.
Callback = Callable[[str, str], object]
Stop = Callable[[], object]

logger = logging.getLogger("rdos.bells")


class Listeners:
    """By a whole topic, or by its first word with the dot: `node.` hears `node.7` and `node.7.acks`."""

    def __init__(self) -> None:
        # A key for each, because the same callback may listen twice, and a list of thousands is slow to leave.
        self._by_topic: dict[str, dict[object, Callback]] = {}

    def add(self, topic: str, callback: Callback) -> Stop:
        key = object()
        self._by_topic.setdefault(topic, {})[key] = callback
        return lambda: self._remove(topic, key)

    def _remove(self, topic: str, key: object) -> None:
        callbacks = self._by_topic.get(topic, {})
        callbacks.pop(key, None)
        if not callbacks:
            self._by_topic.pop(topic, None)

    def __contains__(self, topic: str) -> bool:
        return topic in self._by_topic or _first_word(topic) in self._by_topic

    def ring(self, topic: str, text: str) -> None:
        for name in (topic, _first_word(topic)):
            for callback in tuple(self._by_topic.get(name, {}).values()):
                _call(callback, topic, text)


def _first_word(topic: str) -> str:
    word, dot, rest = topic.partition(".")
    # A prefix is no topic: ringing `node.` itself must not ring twice.
    return word + dot if rest else ""


def _call(callback: Callback, topic: str, text: str) -> None:
    try:
        callback(topic, text)
    except Exception:  # The edge between strangers: one listener's fault must not silence the others.
        logger.exception("A listener failed", extra={"action": "listener_failed", "topic": topic})
