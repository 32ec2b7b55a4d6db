"""One application for an ASGI server: HTTP to one side, sockets to the other."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from rdos.doors.bridge import Bridge
from rdos.doors.shapes import ASGIApplication, Receive, Scope, Send
from rdos.kernel.bells import exchange

STOP_WAITING = "stop_waiting"


class Front:
    def __init__(
        self,
        *,
        http: Bridge,
        sockets: ASGIApplication,
        beside: Sequence[Callable[[], Coroutine[Any, Any, object]]] = (),
        at_stop: Sequence[Callable[[], Awaitable[object]]] = (),
    ) -> None:
        self.http = http
        self.sockets = sockets
        # What goes on for as long as this process serves.
        self.beside = beside
        # What the sockets' owners still have to store when all of them are closed.
        self.at_stop = at_stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Daphne has no lifespan: there the first request opens the line.
        if scope["type"] != "lifespan" and not exchange().running:
            await exchange().start()
        match scope["type"]:
            case "http":
                await self.http(scope, receive, send)
            case "websocket":
                await self.sockets(scope, receive, send)
            case "lifespan":
                await self._live(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Shutdown is told too late for those who wait: uvicorn's protocol finds here whom to tell first.
        scope.get("state", {})[STOP_WAITING] = self.http.stop_waiting
        await exchange().start()
        beside = [asyncio.create_task(work()) for work in self.beside]
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        for task in beside:
            task.cancel()
        for ending in self.at_stop:
            await ending()
        self.http.close()
        await exchange().stop()
        await send({"type": "lifespan.shutdown.complete"})


async def refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """An unknown socket path is refused with a 403, before the handshake is accepted."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})
