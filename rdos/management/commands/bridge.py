import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from devices.bridge.running import BridgeProcess
from rdos.kernel.bus import portal
from telemetry.services import writer

# Together less than the supervisor waits before it kills.
DRAIN_SECONDS = 2.0
STORING_SECONDS = 1.5


class Command(BaseCommand):
    help = "Joins the hub and the bus: NATS, and MQTT behind it. Several bridges share the work."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.NATS_URL:
            raise CommandError("NATS_URL is not set: there is no bus to join.")
        asyncio.run(_run())


async def _run() -> None:
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    bridge = BridgeProcess(portal.place())
    await bridge.start()
    await asked.wait()
    await bridge.stop(DRAIN_SECONDS)
    await writer.drain(STORING_SECONDS)
