"""Where nodes show their credentials: those that come together are looked at together."""

import asyncio
import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from devices.services import admission
from devices.services.admission import Attempt, Outcome
from rdos.kernel.batches import Batch

# So that the first of a storm does not wait for the last.
MOST_AT_ONCE = 100

logger = logging.getLogger("rdos.nodes")


@dataclass(slots=True)
class _Knock:
    attempt: Attempt
    future: "asyncio.Future[Outcome | None]"


class Desk:
    def __init__(self, gateway_id: UUID) -> None:
        self._gateway_id = gateway_id
        self._loop = asyncio.get_running_loop()
        self._knocks: Batch[_Knock] = Batch(self._look_at, name="knocks", most=20_000)

    async def show(self, attempt: Attempt) -> Outcome | None:
        """None when the hub cannot tell at the moment."""
        knock = _Knock(attempt, self._loop.create_future())
        if not self._knocks.add(knock):
            return None
        return await knock.future

    def _look_at(self, knocks: list[_Knock]) -> None:
        """In a thread. It answers everybody, whatever happens: nothing of this is tried again later."""
        for start in range(0, len(knocks), MOST_AT_ONCE):
            some = knocks[start : start + MOST_AT_ONCE]
            waiting = [knock for knock in some if not knock.future.cancelled()]
            outcomes = self._outcomes([knock.attempt for knock in waiting])
            self._loop.call_soon_threadsafe(_answer, waiting, outcomes)

    def _outcomes(self, attempts: list[Attempt]) -> dict[UUID, Outcome]:
        try:
            found = admission.admit(attempts, gateway_id=self._gateway_id, at=timezone.now())
        except DatabaseError:
            logger.exception("Nodes could not be let in", extra={"action": "admission_failed", "count": len(attempts)})
            return {}
        return {attempt.session_id: outcome for attempt, outcome in zip(attempts, found, strict=True)}


def _answer(knocks: list[_Knock], outcomes: dict[UUID, Outcome]) -> None:
    for knock in knocks:
        if not knock.future.done():
            knock.future.set_result(outcomes.get(knock.attempt.session_id))
