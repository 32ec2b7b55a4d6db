"""The least that a durable webhook can be: an ASGI application that puts the body into a table and answers."""

import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

CONNECTIONS = 8
TABLE = "CREATE TABLE IF NOT EXISTS bench_hooks (id bigserial PRIMARY KEY, body text, at timestamptz DEFAULT now())"
ANSWER = b'{"status":"accepted"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"], open=False, min_size=CONNECTIONS, max_size=CONNECTIONS, kwargs={"autocommit": True}
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body = (await receive())["body"].decode()
    async with pool.connection() as line:
        await line.execute("INSERT INTO bench_hooks (body) VALUES (%s)", [body], prepare=True)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    await pool.open()
    async with pool.connection() as line:
        await line.execute(TABLE)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
