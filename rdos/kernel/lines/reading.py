"""What of the kept lines somebody asks for, and when lines go."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from rdos.kernel.models import HubLine

LONGEST = timedelta(days=30)


def newest(*, level: str = "", module: str = "", below: str = "", limit: int) -> list[dict[str, Any]]:
    """Newest first; `below` keeps to the modules that begin with it."""
    found = HubLine.objects.order_by("-id")
    if level:
        found = found.filter(level=level)
    if module:
        found = found.filter(module=module)
    if below:
        found = found.filter(module__startswith=below)
    return [dict(row) for row in found.values("at", "level", "module", "message", "metadata")[:limit]]


def prune(at: datetime) -> int:
    """Keeps the newest, and none that is older than a month."""
    beyond = HubLine.objects.order_by("-id").values_list("id", flat=True)[settings.LOG_LINES_KEPT :].first()
    removed = HubLine.objects.filter(id__lte=beyond).delete()[0] if beyond else 0
    return removed + HubLine.objects.filter(at__lt=at - LONGEST).delete()[0]
