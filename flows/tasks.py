"""Doors that a bell opens: what Celery workers do for flows."""

from uuid import UUID

from celery import shared_task

from flows import doorbell
from flows.services import rollout_steps, running, switching
from rdos.kernel.clock import database_now


@shared_task(name=doorbell.SETTLE_FLOW)
def settle_flow(pk: str) -> None:
    switching.settle(UUID(pk), database_now())


@shared_task(name=doorbell.RUN_ON_HUB)
def run_on_hub(pk: str) -> None:
    running.run(UUID(pk))


@shared_task(name=doorbell.ADVANCE_ROLLOUT)
def advance_rollout(pk: str) -> None:
    rollout_steps.advance(UUID(pk), database_now())
