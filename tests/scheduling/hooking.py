"""Webhooks of flows that run, and how they are called from outside."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flows.models import Execution, Flow
from rdos.kernel.clock import database_now
from scheduling.models import Firing, Trigger
from scheduling.services import signing, triggers, webhooks
from tests.flows.story import flow_that_runs
from tests.people import Caller, Person

ADDRESS = "203.0.113.9"


@dataclass
class Hook:
    trigger: Trigger

    @property
    def token(self) -> str:
        return webhooks.token_of(self.trigger.webhook)

    @property
    def path(self) -> str:
        return f"/webhooks/{self.token}"

    @property
    def path_by_id(self) -> str:
        return f"/hooks/{self.trigger.pk}"

    def call(self, body: bytes | str = "", kind: str = "text/plain", path: str = "", **headers: str) -> Any:
        """Without anybody signed in. Underscores in names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        where = path or self.path
        return Caller().generic("POST", where, body, kind, headers=named, REMOTE_ADDR=ADDRESS)

    def runs(self) -> list[Execution]:
        return list(Execution.objects.filter(trigger_id=self.trigger.pk).order_by("created_at"))

    def firings(self) -> list[Firing]:
        return list(Firing.objects.filter(trigger=self.trigger).order_by("fired_at"))


def hook_by(person: Person, flow: Flow | None = None, **said: Any) -> Hook:
    common = {name: said.pop(name) for name in ("is_enabled", "pause_after_failures") if name in said}
    trigger = triggers.create(
        actor=person.actor,
        flow_id=(flow or flow_that_runs()).pk,
        kind="webhook",
        name="Orders come in",
        at=database_now(),
        part=said,
        **common,
    )
    return Hook(trigger)


def run_of(answer: Any) -> Execution:
    assert answer.status_code == 200, answer.content
    return Execution.objects.get(pk=UUID(answer.json()["executionId"]))


def signed(secret: str, body: bytes | str, ago: float = 0.0) -> dict[str, str]:
    raw = body.encode() if isinstance(body, str) else body
    moment = f"{database_now().timestamp() - ago:.6f}"
    return {"x_webhook_timestamp": moment, "x_webhook_signature": f"sha256={signing.sign(secret, moment, raw)}"}
