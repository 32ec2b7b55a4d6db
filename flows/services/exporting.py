"""A flow as a file that any hub reads, and many of them as one archive. No secret and no run is in it."""

import re
import unicodedata
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flows.models import Flow, FlowVersion
from flows.services.versions import content_of
from rdos.kernel.api.rendering import dumps
from rdos.kernel.errors import TooLarge

FORMAT = "rdos-flow"
LARGEST_ARCHIVE = 64 * 1024 * 1024
LONGEST_NAME = 60
SAME = (
    *("name", "description", "kind", "runs_on", "environment", "priority", "capabilities", "labels", "max_concurrent"),
    *("timeout_seconds", "max_retries", "metadata"),
)


def document_of(flow: Flow, version: FlowVersion | None) -> dict[str, Any]:
    """In the words of the API, so that it can be sent there again."""
    return {
        "format": FORMAT,
        "id": flow.pk,
        **{name: getattr(flow, name) for name in SAME},
        "version": version.number if version else 0,
        "message": version.message if version else "",
        "canvas_state": flow.canvas,
        "definition": content_of(flow, version) if version else None,
    }


def written(flow: Flow, version: FlowVersion | None) -> bytes:
    return dumps(document_of(flow, version), indented=True) + b"\n"


def file_name(flow: Flow) -> str:
    """Says whose it is, and is no path on any system."""
    plain = unicodedata.normalize("NFKD", flow.name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")[:LONGEST_NAME]
    return f"{slug or 'flow'}-{flow.pk.hex}.json"


def archive(flows: Iterable[Flow]) -> bytes:
    out, size = BytesIO(), 0
    with ZipFile(out, "w", ZIP_DEFLATED) as files:
        for flow in flows:
            text = written(flow, flow.current)
            size += len(text)
            if size > LARGEST_ARCHIVE:
                raise TooLarge("These are too many for one answer: narrow them, or use `manage.py flows export`.")
            files.writestr(_entry(flow), text)
    return out.getvalue()


def _entry(flow: Flow) -> ZipInfo:
    moment = flow.updated_at
    entry = ZipInfo(file_name(flow), (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
