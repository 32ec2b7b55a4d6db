"""What every console page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def hub(request: HttpRequest) -> dict[str, Any]:
    return {"hub_name": settings.PROJECT_NAME, "hub_version": settings.VERSION, "dev_mode": settings.DEV_MODE}
