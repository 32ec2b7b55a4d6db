"""Rollouts, and the fleet they go to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from devices.models import Node
from devices.services import replies
from devices.services.commands import Letter
from flows.services import rollout_steps
from tests.devices import told
from tests.people import Person

ROLLOUTS = "/api/v1/rollouts"


def fleet(count: int, *, connected: bool = True) -> list[Node]:
    return [told.node(f"n{number:02}", "robot", connected=connected) for number in range(count)]


def begin(who: Person, flow: Any, nodes: Sequence[Node], **plan: Any) -> Any:
    response = who.caller.post(ROLLOUTS, {"flow_id": str(flow.pk), "node_ids": [str(n.pk) for n in nodes], **plan})
    assert response.status_code == 201, response.content
    return response.json()


def steer(who: Person, rollout: Any, verb: str, **body: Any) -> Any:
    return who.caller.post(f"{ROLLOUTS}/{rollout['id']}/{verb}", body)


def seen(who: Person, rollout: Any) -> Any:
    return who.caller.get(f"{ROLLOUTS}/{rollout['id']}").json()


def nodes_of(who: Person, rollout: Any, query: str = "") -> dict[str, dict[str, Any]]:
    return {row["node_key"]: row for row in who.caller.get(f"{ROLLOUTS}/{rollout['id']}/nodes{query}").json()}


def look(at: datetime | None = None) -> None:
    rollout_steps.look(at or timezone.now())


def later(**span: float) -> datetime:
    """The clock of commands, and then that of rollouts."""
    at = timezone.now() + timedelta(**span)
    replies.expire(at)
    look(at)
    return at


def answer(*, failing: Sequence[str] = ()) -> list[str]:
    """Whoever was told answers; the keys of them, in order."""
    letters = told.receive()
    keys = {node.pk: node.key for node in Node.objects.filter(pk__in=[letter.node_id for letter in letters])}
    told.settle(*[_said(letter, keys[letter.node_id] in failing) for letter in letters])
    look()
    return sorted(keys[letter.node_id] for letter in letters)


def _said(letter: Letter, fails: bool) -> Any:
    return told.no(letter, "no room", "no_room") if fails else told.yes(letter)


def state(who: Person, rollout: Any) -> tuple[str, int]:
    found = seen(who, rollout)
    return found["status"], found["wave"]
