"""The hub's own doors with nothing of the hub behind them."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path, re_path

from rdos.doors.bridge import Bridge
from rdos.doors.front import Front, refuse_socket
from rdos.doors.warmth import warm_up


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data, bytes_data=bytes_data)


routes: list[Any] = [path("echo", Echo.as_asgi()), re_path(r"", refuse_socket)]
application = Front(
    http=Bridge(
        get_wsgi_application(),
        threads=settings.HTTP_THREADS,
        waiting=settings.HTTP_THREADS * 32,
        body_limit=settings.BODY_LIMIT_BYTES,
    ),
    sockets=URLRouter(routes),
)

warm_up()
