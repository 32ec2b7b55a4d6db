"""What a webhook asks of its callers, and whether it may start its flow."""

from functools import lru_cache
from hmac import compare_digest
from ipaddress import ip_network

from django.db import transaction

from flows.choices import FlowStatus, RunsOn
from flows.errors import FlowNotRunning
from flows.services import queueing
from rdos.kernel import limits
from rdos.kernel.addresses import Network, inside
from scheduling.errors import AddressRefused, ContentTypeRefused, HeaderRefused, OwnerLostRight, SwitchedOff
from scheduling.models import Webhook
from scheduling.services import gates, pausing
from scheduling.services.deliveries import Delivery
from scheduling.services.hooks import Hook


def insist_caller(webhook: Webhook, sent: Delivery) -> None:
    """All that can be said before the body is read."""
    insist_address(webhook, sent.address)
    if webhook.content_type and sent.content_type != webhook.content_type:
        raise ContentTypeRefused(f"This webhook takes {webhook.content_type} only.")
    for name, wanted in webhook.required_headers.items():
        shown = sent.headers.get(name)
        if shown is None or (wanted and not compare_digest(shown.encode(), wanted.encode("utf-8", "replace"))):
            raise HeaderRefused(f"The header {name} is missing or has another value.")


def insist_address(webhook: Webhook, address: str) -> None:
    allowed = webhook.allowed_addresses
    if allowed and not inside(address, map(_network, allowed)):
        raise AddressRefused


@lru_cache(maxsize=1024)
def _network(text: str) -> Network:
    return ip_network(text)


def insist_rate(webhook: Webhook) -> None:
    most = webhook.per_minute
    if most is None:
        return
    limits.insist(limits.hit_often("webhook", str(webhook.pk), limit=most, seconds=60))


def insist_open(hook: Hook) -> None:
    trigger, flow = hook.trigger, hook.trigger.flow
    if not trigger.is_enabled:
        raise SwitchedOff
    if gates.lost_right(trigger, hook.at):
        # Whose right it was is nothing for a stranger.
        raise OwnerLostRight
    if flow.runs_on != RunsOn.NODE and flow.status != FlowStatus.RUNNING:
        raise FlowNotRunning(f"Flow is not running (status: {flow.status})")
    queueing.insist_startable(flow)
    if reason := gates.failing([trigger]).get(trigger.pk):
        with transaction.atomic():
            pausing.pause([(trigger, reason)], hook.at)
        raise SwitchedOff
