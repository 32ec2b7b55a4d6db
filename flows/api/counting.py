"""How often somebody may call: a robot by its key, since a hundred may stand behind one address; others by theirs."""

from typing import Any, ClassVar

from django.conf import settings
from rest_framework.request import Request

from rdos.kernel import limits
from rdos.kernel.actors import ActorKind
from rdos.kernel.api.views import ApiView


class CountedView(ApiView):
    # By method; whatever is not named is not counted.
    per_minute: ClassVar[dict[str, int]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.actor.kind is ActorKind.ROBOT:
            per_minute = settings.ROBOT_CALLS_PER_MINUTE
            self.count(limits.hit_often("jobs", self.actor.id, limit=per_minute, seconds=60))
        elif most := self.per_minute.get(str(request.method)):
            scope = f"{type(self).__name__}.{request.method}"
            self.count(limits.hit(scope, self.actor.address, limit=most, seconds=60))
