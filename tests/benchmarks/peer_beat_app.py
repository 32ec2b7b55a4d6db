"""The hub's own Celery, with nothing but the peer's rows to send."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")
django.setup()

from rdos.celery import app  # noqa: E402

__all__ = ["app"]
