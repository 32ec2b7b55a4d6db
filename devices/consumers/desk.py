"""Where nodes show their credentials: those that come together are looked at together."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from devices.services import admission
from devices.services.admission import Admitted, Attempt, Outcome
from rdos.kernel.batches import Batch
from rdos.kernel.clock import database_now
from rdos.kernel.sorting import is_collision, is_outage

# So that the first of a storm does not wait for the last.
MOST_AT_ONCE = 100
TRIES = 3

logger = logging.getLogger("rdos.nodes")


@dataclass(slots=True)
class _Knock:
    attempt: Attempt
    future: "asyncio.Future[Outcome | None]"


class Desk:
    def __init__(self, gateway_id: UUID, *, unclaimed: Callable[[Admitted], object]) -> None:
        self._gateway_id = gateway_id
        # Told of whoever was let in and is not there any more to hear it.
        self._unclaimed = unclaimed
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
            self._loop.call_soon_threadsafe(self._answer, waiting, outcomes)

    def _outcomes(self, attempts: list[Attempt], tries: int = TRIES) -> dict[UUID, Outcome]:
        try:
            # By the database's clock: one process whose own has jumped must not find everybody expired.
            found = admission.admit(attempts, gateway_id=self._gateway_id, at=database_now())
        except Exception as error:  # Whoever knocks is answered, whatever happened.
            if is_collision(error) and tries > 1:
                return self._outcomes(attempts, tries - 1)
            half = len(attempts) // 2
            if half and not is_outage(error):
                # One of them is at fault, and the others are not kept out for it.
                return self._outcomes(attempts[:half]) | self._outcomes(attempts[half:])
            logger.exception("Nodes could not be let in", extra={"action": "admission_failed", "count": len(attempts)})
            return {}
        return {attempt.session_id: outcome for attempt, outcome in zip(attempts, found, strict=True)}

    def _answer(self, knocks: list[_Knock], outcomes: dict[UUID, Outcome]) -> None:
        for knock in knocks:
            outcome = outcomes.get(knock.attempt.session_id)
            if not knock.future.done():
                knock.future.set_result(outcome)
            elif isinstance(outcome, Admitted):
                self._unclaimed(outcome)
