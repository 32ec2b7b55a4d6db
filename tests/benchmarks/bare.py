"""The candidates of the doors' benchmark: one constant view and one echo, reached in every way.

It is a settings module and its own root URLconf, so that nothing of the hub is measured with it.
"""

import os
from typing import Any

SECRET_KEY = "only for benchmarks"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["tests.doors.apps.CommandsOnly", "channels"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.benchmarks.bare"
ASGI_APPLICATION = f"tests.benchmarks.bare.{os.environ.get('BENCH_APPLICATION', 'behind_bridge')}"
DATABASES: dict[str, object] = {}
ONE_CORE = True
USE_TZ = True
USE_I18N = False
DATA = {"id": "0d4f1c3e", "username": "someone", "role": "operator", "active": True}


def constant(request: Any) -> Any:
    from django.http import JsonResponse

    return JsonResponse(DATA)


def __getattr__(name: str) -> Any:
    """Made when asked for: building any of these needs the settings above to be complete."""
    makers = {
        "urlpatterns": _urls,
        "wsgi": _wsgi,
        "django_asgi": _django_asgi,
        "behind_a2wsgi": _behind_a2wsgi,
        "behind_bridge": _behind_bridge,
    }
    if name not in makers:
        raise AttributeError(name)
    made = globals()[name] = makers[name]()
    return made


def _urls() -> Any:
    from django.urls import path

    return [path("constant", constant)]


def _wsgi() -> Any:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _django_asgi() -> Any:
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.routing import ProtocolTypeRouter, URLRouter
    from django.core.asgi import get_asgi_application
    from django.urls import path

    class Echo(AsyncWebsocketConsumer):
        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            await self.send(text_data=text_data, bytes_data=bytes_data)

    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter([path("echo", Echo.as_asgi())])})


def _behind_a2wsgi() -> Any:
    from a2wsgi import WSGIMiddleware

    return WSGIMiddleware(_wsgi(), workers=_threads())


def _behind_bridge() -> Any:
    from rdos.doors.bridge import Bridge
    from rdos.doors.front import Front, refuse_socket

    bridge = Bridge(_wsgi(), threads=_threads(), waiting=256, body_limit=2**26)
    return Front(http=bridge, sockets=refuse_socket)


def _threads() -> int:
    return int(os.environ.get("BENCH_THREADS", "8"))


async def bare_asgi(scope: Any, receive: Any, send: Any) -> None:
    """What the server costs with nothing behind it."""
    if scope["type"] == "lifespan":
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})
        return
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"81")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BARE_BODY})


BARE_BODY = b'{"id": "0d4f1c3e", "username": "someone", "role": "operator", "active": true}    '
