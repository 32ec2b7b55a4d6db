"""Hands HTTP from an ASGI server to a WSGI application: the body first, one trip to a thread, one answer back."""

import asyncio
import logging
from wsgiref.types import WSGIApplication

from rdos.doors.body import check_declared, read_body
from rdos.doors.calling import Answer, Call
from rdos.doors.environ import environ_of
from rdos.doors.outlet import Outlet
from rdos.doors.refusals import Refused, broken, busy, refuse, stopping
from rdos.doors.shapes import ClientGone, Receive, Scope, Send
from rdos.doors.vigils import Vigils
from rdos.kernel.threads import Threads
from rdos.kernel.waiting import WaitingAnswer

BODY_SECONDS = 30.0

logger = logging.getLogger("rdos.doors")


class Bridge:
    """An ASGI application for scopes of type http.

    Everything up to the call and everything after its answer happens on the loop, so an answer that
    must be waited for waits there, without a thread: docs/adr/0004-waiting-doors-wait-on-the-loop.md.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        waiting: int,
        body_limit: int,
        patience: float = BODY_SECONDS,
    ) -> None:
        self._application = application
        self._threads = Threads(threads, waiting)
        self._vigils = Vigils()
        self._body_limit = body_limit
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outlet = Outlet(receive, send)
        try:
            answer = await self._answer(scope, receive, outlet)
        except Refused as refusal:
            await refuse(refusal, receive, send)
        except ClientGone:
            return
        except asyncio.CancelledError:
            # Only a server that stops cancels a request, once its grace is over.
            if not outlet.started:
                await refuse(stopping(), receive, send)
        except Exception:  # The edge of the application: whatever it let through ends here.
            if outlet.started:
                raise
            logger.exception("The application failed", extra={"action": "application_failed"})
            await refuse(broken(), receive, send)
        else:
            await _send(answer, send)

    async def _answer(self, scope: Scope, receive: Receive, outlet: Outlet) -> Answer | None:
        if self._threads.full:
            raise busy()
        check_declared(scope, self._body_limit)
        body, size = await read_body(receive, limit=self._body_limit, patience=self._patience)
        with body:
            call = Call(self._application, environ_of(scope, body, size), outlet)
            try:
                answer = await self._threads.run(call)
            finally:
                await outlet.close()
        if not isinstance(answer, WaitingAnswer):
            return answer
        await self._vigils.keep(answer, receive)
        return call.answer(answer)

    def stop_waiting(self) -> None:
        self._vigils.stop()

    def close(self) -> None:
        self._threads.close()


async def _send(answer: Answer | None, send: Send) -> None:
    if answer is not None:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})
