"""The one kind of API view: it parses, asks a service, and answers in the accent of the client."""

from typing import Any, ClassVar, cast

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from rdos.kernel.actors import Actor
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.bodies import WHOLE
from rdos.kernel.api.rendering import JSONRenderer
from rdos.kernel.api.serializers import RequestSerializer, checked
from rdos.kernel.errors import InvalidInput
from rdos.kernel.limits import Verdict, insist
from rdos.kernel.waiting import WAITS, Question, Wait, WaitingAnswer

RENDERER = JSONRenderer()


class ApiView(APIView):
    """`rules` names, for each method, the action of the rulebook it needs; a method without one is refused."""

    rules: ClassVar[dict[str, str]] = {}
    # Anonymous callers inside RDOS_OPEN_LAN are let in, as far as their actions go.
    open_to_lan: ClassVar[bool] = False
    # Preflights are answered before any view; the other use of OPTIONS, DRF's own description, is not ours to give.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    @property
    def actor(self) -> Actor:
        return cast(Actor, self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who asks, and may they? There is one renderer, and neither versions nor formats to negotiate."""
        request.accepted_renderer, request.accepted_media_type = RENDERER, RENDERER.media_type
        self.perform_authentication(request)
        self.check_permissions(request)

    def count(self, verdict: Verdict) -> None:
        """The answer, whatever it becomes, says how much is left; beyond the limit it becomes a 429."""
        self.headers |= {
            "X-RateLimit-Limit": str(verdict.limit),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(verdict.reset_at),
        }
        insist(verdict)

    def body(self, serializer: type[RequestSerializer]) -> dict[str, Any]:
        data = self.request.data
        if not isinstance(data, dict):
            raise InvalidInput("The body must be a JSON object.", kinds={WHOLE: "dict_type"}, misshapen=True)
        return checked(serializer(data=data, context={"request": self.request}))

    def query(self, serializer: type[RequestSerializer]) -> dict[str, Any]:
        return checked(serializer(data=self.request.query_params.dict(), context={"request": self.request}), query=True)

    def answer(self, serializer: type[BaseSerializer[Any]], row: Any) -> dict[str, Any]:
        return cast(dict[str, Any], serializer(row, context={"request": self.request}).data)

    def ok(self, serializer: type[BaseSerializer[Any]], row: Any) -> Response:
        return Response(self.answer(serializer, row))

    def created(self, serializer: type[BaseSerializer[Any]], row: Any, **extra: Any) -> Response:
        return Response(self.answer(serializer, row) | extra, status=accent_of(self.request).created)

    def deleted(self) -> Response:
        return Response(None, status=accent_of(self.request).deleted)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A method may return a `Wait`: its answer comes later, and is finished like any other."""
        ready: Any = self._waiting(response) if isinstance(response, Wait) else response
        return super().finalize_response(request, ready, *args, **kwargs)

    def _waiting(self, wait: Wait) -> WaitingAnswer:
        answer = WaitingAnswer(self.request, wait, self._concluded)
        if WAITS not in self.request.META:
            answer.wait_here()
        return answer

    def _concluded(self, question: Question) -> HttpResponse | None:
        try:
            response: Any = question()
        except Exception as error:  # As DRF does around a method: a refusal is worded, and anything else goes on up.
            response = self.handle_exception(error)
        if response is None:
            return None
        finished: HttpResponse = super().finalize_response(self.request, response)
        return finished.render() if isinstance(finished, Response) else finished

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        raise AssertionError("The rulebook raises its own refusals.")
