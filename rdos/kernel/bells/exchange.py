"""Where this process's bells meet: rung in any thread, heard on the loop, told to the other processes."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Lock, get_ident

from django.conf import settings

from rdos.kernel.bells.line import Line
from rdos.kernel.bells.listeners import Callback, Listeners, Stop

OPEN_SECONDS = 1.0
# More than this unheard, and the oldest are lost.
MOST_UNHEARD = 100_000


class Exchange:
    def __init__(self) -> None:
        self._listeners = Listeners()
        self._regained: dict[object, Callable[[], object]] = {}
        self._bystanders: dict[str, list[Event]] = {}
        self._bystanding = Lock()
        # Topic, text, and whether the other processes are to be told.
        self._rung: deque[tuple[str, str, bool]] = deque(maxlen=MOST_UNHEARD)
        self._summoned = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._line: Line | None = None
        self.running = False

    async def start(self) -> None:
        """Opens the line to the other processes. Redis may be away: then the line opens when it is back."""
        self._settle_on_this_loop()
        if self.running:
            return
        self.running = True
        if url := getattr(settings, "REDIS_URL", ""):
            self._line = Line(url, heard=self._listeners.ring, regained=self._tell_regained)
            self._line.start()
            await self._line.opened(OPEN_SECONDS)

    async def stop(self) -> None:
        line, self._line = self._line, None
        self.running = False
        if line is not None:
            self._hear_all(line)
            await line.stop()
        self._forget()

    def listen(self, topic: str, callback: Callback) -> Stop:
        """Calls back on the loop with topic and text. What it returns ends the listening."""
        self._settle_on_this_loop()
        return self._listeners.add(topic, callback)

    def listen_prefix(self, prefix: str, callback: Callback) -> Stop:
        """Hears every topic that begins with this word and dot, such as `node.`."""
        if prefix.find(".") != len(prefix) - 1:
            raise ValueError("A prefix is one word and a dot.")
        return self.listen(prefix, callback)

    def on_regained(self, callback: Callable[[], object]) -> Stop:
        """Calls back when bells may have been lost: whoever keeps something in memory reads its rows again."""
        self._settle_on_this_loop()
        key = object()
        self._regained[key] = callback
        return lambda: self._regained.pop(key, None)

    @contextmanager
    def waking(self, topics: Sequence[str], bell: Event) -> Iterator[None]:
        """For a thread that waits by itself, where there is no loop."""
        with self._bystanding:
            for topic in topics:
                self._bystanders.setdefault(topic, []).append(bell)
        try:
            yield
        finally:
            with self._bystanding:
                for topic in topics:
                    self._bystanders[topic].remove(bell)
                    if not self._bystanders[topic]:
                        del self._bystanders[topic]

    def listens(self, topic: str) -> bool:
        return topic in self._listeners or topic in self._bystanders

    def ring(self, topic: str, text: str, *, elsewhere: bool) -> bool:
        """From any thread. True when the loop sees to it that the other processes are told."""
        if topic in self._bystanders:
            self._wake_bystanders(topic)
        elsewhere = elsewhere and self.running
        if elsewhere or topic in self._listeners:
            self._rung.append((topic, text, elsewhere))
            self._summon()
        return self.running

    def _wake_bystanders(self, topic: str) -> None:
        with self._bystanding:
            for bell in self._bystanders.get(topic, ()):
                bell.set()

    def _summon(self) -> None:
        """One summons for all that is rung before the loop has come."""
        if self._summoned or self._loop is None:
            return
        self._summoned = True
        call = self._loop.call_soon if get_ident() == self._loop_thread else self._loop.call_soon_threadsafe
        try:
            call(self._hear)
        except RuntimeError:
            # The loop is closed: nobody listens any more.
            self._forget()

    def _hear(self) -> None:
        # Before looking, so that whatever is rung from here on summons again.
        self._summoned = False
        self._hear_all(self._line)

    def _hear_all(self, line: Line | None) -> None:
        # No more than there were: a listener that rings must not keep the loop here for ever.
        for _ in range(len(self._rung)):
            topic, text, elsewhere = self._rung.popleft()
            self._listeners.ring(topic, text)
            if elsewhere and line is not None:
                line.tell((topic, text))
        if self._rung:
            self._summon()

    def _tell_regained(self) -> None:
        for callback in tuple(self._regained.values()):
            callback()

    def _settle_on_this_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._forget()
            self._loop, self._loop_thread = loop, get_ident()

    def _forget(self) -> None:
        self._listeners = Listeners()
        self._regained = {}
        self._rung.clear()
        self._summoned = False
        self._loop, self._line, self.running = None, None, False


_exchange = Exchange()


def exchange() -> Exchange:
    """The one of this process."""
    return _exchange
