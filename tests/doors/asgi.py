from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import path

from rdos.asgi import application as hub
from rdos.doors.front import Front
from rdos.routing import nobody


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data, bytes_data=bytes_data)


routes: list[Any] = [path("echo", Echo.as_asgi()), nobody]
application = Front(http=hub.http, sockets=URLRouter(routes))
