"""The users of the bus: what the rows say of credentials, in the file that the NATS server reads.

The rows are the truth. The file is written anew from all of them, by one writer at a time, so that whoever comes last
writes what everybody has committed.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from devices.errors import BusNotOurs, BusNotWritten
from devices.models import BusNode
from rdos.kernel.bus import steward, subjects
from rdos.kernel.bus.errors import BusAway
from rdos.kernel.bus.portal import place
from rdos.up import nats_config
from rdos.up.nats_config import Listeners
from rdos.up.nats_users import Hub

logger = logging.getLogger("rdos.bus")


def directory() -> Path:
    found: Path | None = settings.BUS_CONFIG_DIR
    if found is None:
        raise BusNotOurs
    return found


def may_be(key: str) -> bool:
    """The hub's own name is taken."""
    return subjects.is_part(key) and key != place().user


def apply() -> bool:
    """Write the file and have the server read it. False for one that is away: it reads it when it starts."""
    with _alone():
        _write()
        return _reload()


def write() -> None:
    """For a server that does not run yet."""
    with _alone():
        _write()


def write_main(listeners: Listeners, store: Path) -> None:
    """How the server runs, where no `up` writes that."""
    try:
        nats_config.write_main(directory(), nats_config.render(listeners, _hub(), store=store))
    except OSError as error:
        raise BusNotWritten from error


def look() -> None:
    """What an earlier writing or asking could not do is done now."""
    if settings.BUS_CONFIG_DIR is None:
        return
    with _alone():
        _write()
        if is_stale():
            _reload()


@contextmanager
def _alone() -> Iterator[None]:
    """Between threads, processes and containers that share the directory."""
    try:
        descriptor = os.open(directory() / ".writing", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BusNotWritten from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write() -> None:
    try:
        nats_config.write_users(directory(), _hub(), _devices())
    except OSError as error:
        raise BusNotWritten from error


def _devices() -> dict[str, str]:
    rows = BusNode.objects.exclude(credential_hash="").values_list("node__key", "credential_hash")
    return {key: digest for key, digest in rows if may_be(key)}


def _reload() -> bool:
    try:
        steward.reload(place(), _hub().system_user)
    except BusAway:
        logger.warning("The bus is away, and reads its users when it starts", extra={"action": "bus_not_reloaded"})
        return False
    return True


def is_stale() -> bool:
    written = datetime.fromtimestamp((directory() / nats_config.USERS).stat().st_mtime, UTC)
    try:
        return steward.loaded_at(place(), _hub().system_user) < written
    except BusAway:
        return False


def _hub() -> Hub:
    here = place()
    return Hub(here.user, here.password)
