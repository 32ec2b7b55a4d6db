"""Time zones by their IANA names, spelled as IANA does. Everything else a computer may call a zone is refused."""

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from scheduling.errors import InvalidZone

LONGEST_QUOTED = 64


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Those of the pinned package: what the machine has beside it (localtime, posix/…) differs from place to place."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    if name not in names():
        raise InvalidZone(_refusal(name))
    return ZoneInfo(name)


def _refusal(name: str) -> str:
    close = {known.casefold(): known for known in names()}.get(name.strip().replace(" ", "_").casefold())
    advice = f'did you mean "{close}"?' if close else "a zone is named as IANA does, for example Europe/Berlin."
    return f'The time zone "{name[:LONGEST_QUOTED]}" is not known; {advice}'
