"""Webhooks: the list, the form, and the page with the address, what came in, and what was refused."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from rdos.kernel.console import Question, two
from rdos.kernel.live_page import Button, Nothing, Verb
from scheduling import queries
from scheduling.access import firings_for, webhooks_for
from scheduling.admin import filters, logged, webhook_forms
from scheduling.admin.moments import relative, span, utc
from scheduling.admin.results import ResultsList
from scheduling.admin.trigger_pages import TriggerPage
from scheduling.choices import Outcome, TriggerKind
from scheduling.models import Webhook
from scheduling.services import webhooks

NEW_TOKEN = Question(
    "Make a new address",
    "The old address is gone at once: whoever calls it is refused until they know the new one.",
    "Make a new address",
)
SIGNED = """BODY='{"order": 7}'
AT=$(date +%%s)
SIGNATURE=$(printf '%%s.%%s' "$AT" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -X POST %s -H "X-Webhook-Timestamp: $AT" \\
     -H "X-Webhook-Signature: sha256=$SIGNATURE" -H 'Content-Type: %s' -d "$BODY\""""
PLAIN = """curl -X POST %s -H 'Content-Type: %s' -d '{"order": 7}'"""

COPIED = (
    '<span class="s-copy"><code class="c-code" id="url-{}">{}</code>'
    '<button class="c-button c-button-plain c-button-small" type="button" data-copy="url-{}" '
    'aria-label="Copy the address of {}">Copy</button></span>'
)


class WebhookList(ResultsList):
    """Asks what was refused of a whole page at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        refused = queries.refusals([row.pk for row in self.result_list])
        origin, may = origin_of(request), self.model_admin.has_update_permission(request)
        for row in self.result_list:
            row.refused = refused.get(row.pk, 0)
            row.url = address_of(row, origin) if may else ""


@admin.register(Webhook)
class WebhookPage(TriggerPage):
    list_display = ("what", "state", "address", "last_delivery", "refusals", "results")
    noun, one = "webhooks", "a webhook"
    kind = TriggerKind.WEBHOOK
    form_class = webhook_forms.WebhookForm
    list_filter = (filters.StateFilter, filters.FlowFilter)
    row_template = "console/webhooks/webhook.html"
    live_template = "console/webhooks/live.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WebhookList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        unshown = ("trigger__flow__canvas", "trigger__flow__metadata", "trigger__config", "trigger__metadata")
        return webhooks_for(actor_in_console(request)).defer(*unshown).order_by(*self.ordering)

    def nothing_yet(self, request: HttpRequest) -> Nothing:
        text = "A webhook has an address of its own. Whoever posts to it starts its flow, with that as input."
        if not self.has_add_permission(request):
            return Nothing("No webhook yet", f"{text} A developer makes one.")
        return Nothing("No webhook yet", text, "Add a webhook", self.place("add"))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        shown = self.list_display
        return shown if self.has_update_permission(request) else tuple(name for name in shown if name != "address")

    @display(description="Address")
    def address(self, webhook: Any) -> SafeString:
        return format_html(COPIED, webhook.pk, webhook.url, webhook.pk, webhook)

    @display(description="Last delivery")
    def last_delivery(self, webhook: Any) -> SafeString | str:
        if not webhook.results:
            return "–"
        newest = webhook.results[-1]
        return two(relative(newest.at, timezone.now()), f"{utc(newest.at)} UTC")

    @display(description="Refused")
    def refusals(self, webhook: Any) -> str:
        return str(webhook.refused or "–")

    def initial(self, row: Webhook | None) -> Mapping[str, Any]:
        return webhook_forms.initial(row)

    def more_facts(self, request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
        actor, at = actor_in_console(request), database_now()
        rows = firings_for(actor).filter(trigger_id=webhook.pk)
        may_know, by_id = self.has_update_permission(request), f"{origin_of(request)}/hooks/{webhook.pk}"
        address = address_of(webhook, origin_of(request)) if may_know else ""
        return {
            "address": address,
            "by_id": by_id,
            "is_signed": bool(webhook.secret),
            "plain_line": PLAIN % (address, webhook.content_type or "application/json") if address else "",
            "signed_line": SIGNED % (by_id, webhook.content_type or "application/json"),
            "replay": span(webhook.replay_seconds),
            "headers": conditions_of(webhook),
            "log": logged.newest(actor, rows.exclude(outcome=Outcome.REFUSED), at),
            "refused": logged.newest(actor, rows.filter(outcome=Outcome.REFUSED), at),
            "refused_count": queries.refusals([webhook.pk]).get(webhook.pk, 0),
            "may_redeliver": self.may(request, "on"),
            "last_buttons": self.last_buttons(request, webhook),
        }

    def last_buttons(self, request: HttpRequest, webhook: Webhook) -> list[Button]:
        renew = [self.button("token", "New address…", webhook, dangerous=True)] if self.may(request, "token") else []
        return [*renew, *super().last_buttons(request, webhook)]

    def token(self, request: HttpRequest, webhook: Webhook) -> tuple[str, str]:
        webhooks.regenerate(actor=actor_in_console(request), pk=webhook.pk)
        return "It has a new address. The old one is gone.", ""

    verbs = {**TriggerPage.verbs, "token": Verb(token, "update", NEW_TOKEN)}


def origin_of(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def address_of(webhook: Webhook, origin: str) -> str:
    return webhooks.address_of(webhooks.token_of(webhook), origin)


def conditions_of(webhook: Webhook) -> list[str]:
    """Required headers. A value may be a secret, and is not shown."""
    headers = webhook.required_headers.items()
    return [f"{name}, with the value that is kept here" if value else name for name, value in headers]
