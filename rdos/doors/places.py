"""Where a web process listens: from the command line, else from the environment."""

from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from rdos.environment import load


@dataclass(frozen=True)
class Place:
    host: str
    port: int
    uds: str | None = None
    certificate: str | None = None
    key: str | None = None


def add_place(parser: ArgumentParser) -> None:
    env = load()
    serves_tls = env.text("BILBYCAST_TLS_MODE") != "behind_proxy"
    parser.add_argument("--host", default=env.text("HOST"), help="Address to listen on (default %(default)s).")
    parser.add_argument("--port", type=int, default=env.integer("PORT"), help="Port (default %(default)s).")
    parser.add_argument("--uds", help="Listen on this Unix socket instead.")
    parser.add_argument("--tls-cert", default=env.raw("BILBYCAST_TLS_CERT") if serves_tls else None, help="PEM file.")
    parser.add_argument("--tls-key", default=env.raw("BILBYCAST_TLS_KEY") if serves_tls else None, help="PEM file.")


def place_of(options: Mapping[str, Any]) -> Place:
    for option in ("tls_cert", "tls_key"):
        if options[option] and not Path(options[option]).is_file():
            raise CommandError(f"There is no file {options[option]} (--{option.replace('_', '-')}).")
    return Place(options["host"], options["port"], options["uds"], options["tls_cert"], options["tls_key"])
