"""Every version as a file of its own, for whoever looks after a directory rather than a database."""

import logging
import os
from functools import partial
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from flows.models import Flow, FlowVersion
from flows.services.exporting import written

logger = logging.getLogger("flows.mirror")


def keep(flow: Flow, version: FlowVersion) -> None:
    """After the commit; the version is safe by then, whatever becomes of its mirror."""
    if settings.WORKFLOWS_DIR:
        # Ids only: what people call a flow is no part of any path.
        path = settings.WORKFLOWS_DIR / str(flow.pk) / f"{version.number}.json"
        transaction.on_commit(partial(_keep, path, flow, version), robust=True)


def _keep(path: Path, flow: Flow, version: FlowVersion) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, written(flow, version))
    except OSError as error:
        about = {"action": "mirror_failed", "flow_id": str(flow.pk), "version": version.number}
        logger.warning("A version could not be mirrored: %s", error, extra=about)


def _write(path: Path, text: bytes) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
