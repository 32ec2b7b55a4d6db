"""The Celery app: short, idempotent ticks on a queue of their own, and the worker pool for everything longer."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")

app = Celery("rdos")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_default_queue="default",
    task_routes={"rdos.ticks.*": {"queue": "clock"}},
    task_ignore_result=True,
    # Without results there is nothing to clean up, and no row of beat's own beside our ticks.
    result_expires=None,
    task_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600, "socket_keepalive": True},
    timezone="UTC",
)
app.autodiscover_tasks(related_name="tasks")
app.autodiscover_tasks(["rdos"], related_name="ticks")
app.autodiscover_tasks(["rdos.backups"], related_name="tasks")


@setup_logging.connect
def keep_our_logging(**_facts: Any) -> None:
    """Somebody must listen, or Celery sets the level of everything in its processes to that of its own lines."""
