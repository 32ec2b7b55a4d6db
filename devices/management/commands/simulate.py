"""A fleet of virtual nodes over real sockets, for trying the hub out and for wearing it down."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from devices.management.simulated.composition import MOST, PROFILES, parts
from devices.management.simulated.keyring import InUse, Keyring, keyring
from devices.management.simulated.running import TooManyForThisSystem, Wishes, allow_descriptors, run
from devices.services import simulated
from devices.services.simulated import Part
from rdos.environment import load
from rdos.kernel.errors import DomainError

DEFAULT = 6
PATH = "/ws/node"


class Command(BaseCommand):
    help = "Runs virtual nodes, labelled `simulated`, against this hub until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--nodes", type=int, default=DEFAULT, help=f"how many (1–{MOST}; {DEFAULT})")
        parser.add_argument("--profile", choices=sorted(PROFILES), default="mixed", help="what kinds of node")
        parser.add_argument("--faults", action="store_true", help="now and then something goes wrong")
        parser.add_argument("--jobs", action="store_true", help="robots and agents take jobs, and run them")
        parser.add_argument("--seed", type=int, default=0, help="the same seed brings the same fleet and mishaps")
        parser.add_argument("--rate", type=float, default=1.0, help="stats of each node per second (1)")
        parser.add_argument("--url", default="", help="the hub, when it is not this machine's own")
        parser.add_argument("--insecure", action="store_true", help="accept any certificate")
        parser.add_argument("--seconds", type=float, default=0.0, help="stop by itself after so long")
        parser.add_argument("--remove", action="store_true", help="remove every simulated node from the hub, and stop")
        parser.add_argument(
            "--as-a-welcome",
            action="store_true",
            help="only while no real node has registered, and without those that somebody removed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.stdout.write(f"{simulated.clear(at=timezone.now())} simulated nodes removed.")
            return
        _insist(options)
        try:
            with keyring(settings.VAR_DIR) as ring:
                self._run(ring, options)
        except (InUse, TooManyForThisSystem) as problem:
            raise CommandError(str(problem)) from problem
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal

    def _run(self, ring: Keyring, options: dict[str, Any]) -> None:
        wanted = parts(options["nodes"], options["profile"])
        if options["as_a_welcome"]:
            wanted = _welcome(wanted, ring)
        if not wanted:
            self.stdout.write("This hub needs no simulated nodes.")
            return
        allow_descriptors(len(wanted))
        crew = simulated.enlist(fleet=wanted, known=ring.known(), at=timezone.now())
        # From here on it is a client like any other.
        connections.close_all()
        wishes = _wishes(options)
        self.stdout.write(f"{len(crew)} simulated nodes dial {wishes.url}")
        asyncio.run(run(crew, ring, wishes, self._say))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _insist(options: dict[str, Any]) -> None:
    if not 1 <= options["nodes"] <= MOST:
        raise CommandError(f"--nodes is a number from 1 to {MOST}.")
    if not 0 <= options["rate"] <= 50:
        raise CommandError("--rate is at most 50 per second, and 0 for no stats.")


def _welcome(wanted: Sequence[Part], ring: Keyring) -> list[Part]:
    """What a person removed stays removed, and nobody with a fleet of their own is shown another."""
    if simulated.a_real_node_has_registered():
        return []
    known = ring.known()
    there = simulated.still_there(known.values())
    return [part for part in wanted if part.key not in known or known[part.key] in there]


def _wishes(options: dict[str, Any]) -> Wishes:
    url = socket_url(options["url"] or _own_address())
    taken = {name: options[name] for name in ("rate", "seconds", "seed", "faults", "insecure", "jobs")}
    return Wishes(url, **taken)


def _own_address() -> str:
    env = load()
    host = env.text("HOST")
    reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"ws://{reached}:{env.integer('PORT')}"


def socket_url(given: str) -> str:
    """The hub's address as people know it will do."""
    split = urlsplit(given)
    scheme = {"http": "ws", "https": "wss"}.get(split.scheme, split.scheme)
    if scheme not in ("ws", "wss") or not split.hostname:
        raise CommandError(f"{given} is no address of a hub; it looks like https://hub.example.org.")
    path = split.path.rstrip("/")
    return f"{scheme}://{split.netloc}{path if path.endswith(PATH) else path + PATH}"
