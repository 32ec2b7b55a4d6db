"""Every socket the hub answers: each app's routes, then the one that refuses what nobody owns."""

from typing import Any, cast

from channels.routing import URLRouter
from django.urls import re_path

from rdos.doors.front import refuse_socket
from rdos.doors.shapes import ASGIApplication

routes: list[Any] = []
nobody = re_path(r"", cast(Any, refuse_socket))

# Channels and its stubs name the same three arguments differently.
sockets = cast(ASGIApplication, URLRouter([*routes, cast(Any, nobody)]))
