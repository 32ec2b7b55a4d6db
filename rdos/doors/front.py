"""One application for an ASGI server: HTTP to one side, sockets to the other."""

from rdos.doors.bridge import Bridge
from rdos.doors.shapes import ASGIApplication, Receive, Scope, Send


class Front:
    def __init__(self, *, http: Bridge, sockets: ASGIApplication) -> None:
        self.http = http
        self.sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self.http(scope, receive, send)
            case "websocket":
                await self.sockets(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        self.http.close()
        await send({"type": "lifespan.shutdown.complete"})


async def refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """An unknown socket path is told so before the handshake is accepted."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 4404})
        return
    headers = [(b"content-type", b"application/json")]
    body = b'{"detail":"Not Found","code":"not_found"}'
    await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
