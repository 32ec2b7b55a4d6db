"""What the benchmark of webhooks calls: one that takes everything, and one whose deliveries are signed."""

from collections.abc import Callable
from itertools import count
from time import time

from accounts.authentication import actor_of_user
from accounts.models import User
from flows.models import Execution, Flow
from rdos.kernel.clock import database_now
from scheduling.models import Firing
from scheduling.services import signing, triggers, webhooks

SECRET = "only for benchmarks"
BODY = b'{"order":7,"customer":"Ada","lines":[{"sku":"A-1","count":2},{"sku":"B-2","count":1}]}'
Ask = Callable[[], bytes]


def questions(flow: Flow) -> dict[str, Ask]:
    """By manner of calling."""
    plain, signed = _hook(flow, ""), _hook(flow, SECRET)
    numbers = count()
    return {
        "plain": lambda: _question(plain),
        "with a delivery id": lambda: _question(plain, f"X-Delivery-Id: {next(numbers)}\r\n"),
        "signed": lambda: _question(signed, _signature()),
    }


def counted() -> tuple[int, int]:
    """Firings and runs: what was answered must be there."""
    return Firing.objects.count(), Execution.objects.count()


def _hook(flow: Flow, secret: str) -> str:
    actor = actor_of_user(User.objects.get(username="admin"))
    made = triggers.create(
        actor=actor, flow_id=flow.pk, kind="webhook", name="bench", at=database_now(), part={"secret": secret}
    )
    return webhooks.token_of(made.webhook)


def _signature() -> str:
    moment = f"{time():.6f}"
    return f"X-Webhook-Timestamp: {moment}\r\nX-Webhook-Signature: sha256={signing.sign(SECRET, moment, BODY)}\r\n"


def _question(token: str, headers: str = "") -> bytes:
    head = (
        f"POST /webhooks/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench/1\r\nAccept: */*\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return head.encode() + BODY
