"""HTTP goes to Django's WSGI handler, sockets to Channels: docs/adr/0001-http-through-wsgi-sockets-through-asgi.md."""

import os
from functools import partial

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")

# Before anything that imports models.
http = get_wsgi_application()

from django.conf import settings  # noqa: E402

from devices.consumers import drive_upkeep, switchboard  # noqa: E402
from flows.consumers import dispatcher  # noqa: E402
from rdos.doors.bridge import Bridge  # noqa: E402
from rdos.doors.front import Front  # noqa: E402
from rdos.doors.warmth import warm_up  # noqa: E402
from rdos.routing import sockets  # noqa: E402
from rdos.watching import watch_clock  # noqa: E402
from telemetry.services import writer  # noqa: E402

# What was measured last is stored before the process ends, if the database takes it this quickly.
STORING_SECONDS = 1.0
# Longer than this and the first in line would have given up: better to say so at once.
WAITING_PER_THREAD = 32


def front() -> Front:
    return Front(
        http=Bridge(
            http,
            threads=settings.HTTP_THREADS,
            waiting=settings.HTTP_THREADS * WAITING_PER_THREAD,
            body_limit=settings.BODY_LIMIT_BYTES,
        ),
        sockets=sockets,
        beside=[watch_clock],
        at_stop=[drive_upkeep.stop, switchboard.stop, dispatcher.stop, partial(writer.drain, STORING_SECONDS)],
    )


application = front()

warm_up()
