"""Every socket the hub answers: each app's routes, then the one that refuses what nobody owns."""

from typing import Any, cast

from channels.routing import URLRouter
from django.urls import re_path

from devices.consumers.drive_socket import drive_socket
from devices.consumers.events_socket import events_socket
from devices.consumers.node_socket import node_socket
from devices.models.node import KEY_PATTERN
from flows.consumers.robot_socket import robot_socket
from rdos.doors.front import refuse_socket
from rdos.doors.shapes import ASGIApplication

# Clients that move here change their base URL only, so each socket also answers below its accent's prefix.
routes: list[Any] = [
    re_path(rf"^(?:tafy/)?ws/drive/(?P<key>{KEY_PATTERN})/?$", cast(Any, drive_socket)),
    re_path(r"^(?:bilbycast/)?ws/node/?$", cast(Any, node_socket)),
    re_path(r"^(?:tafy/)?api/v1/ws/events/?$", cast(Any, events_socket)),
    re_path(rf"^(?:casare/)?ws/robot/(?P<key>{KEY_PATTERN})/?$", cast(Any, robot_socket)),
]
nobody = re_path(r"", cast(Any, refuse_socket))

# Channels and its stubs name the same three arguments differently.
sockets = cast(ASGIApplication, URLRouter([*routes, cast(Any, nobody)]))
