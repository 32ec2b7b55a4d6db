"""What every console page knows. Cheap: a page that tells of a broken database is drawn with it too."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from rdos.console.navigation import groups


def hub(request: HttpRequest) -> dict[str, Any]:
    return {
        "hub_name": settings.PROJECT_NAME,
        "hub_version": settings.VERSION,
        "dev_mode": settings.DEV_MODE,
        # Asked only by the template that shows it.
        "navigation": partial(groups, request),
    }
