"""API tokens and robot tokens: made and shown once, looked at, revoked. They are never deleted."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts import queries
from accounts.access import allows
from accounts.admin.forms import TokenForm
from accounts.authentication import actor_in_console
from accounts.choices import TokenKind
from accounts.models import ApiToken
from accounts.services import tokens
from rdos.kernel.console import FormPage, Question, badge, confirmed, journal_of, moment, pair

STATES = {"open": "Open", "expired": "Expired", "revoked": "Revoked"}
TONES = {"open": "good", "expired": "warn", "revoked": "idle"}


def state_of(token: ApiToken, at: datetime) -> str:
    if token.revoked_at:
        return "revoked"
    return "open" if token.is_open(at) else "expired"


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        over = Q(expires_at__lte=timezone.now())
        kept = Q(revoked_at=None)
        by_state = {"open": kept & ~over, "expired": kept & over, "revoked": ~kept}
        chosen = self.value()
        return queryset.filter(by_state[chosen]) if chosen in by_state else queryset


@admin.register(ApiToken)
class TokenPage(FormPage):
    list_display = ("shown_name", "shown_kind", "state", "owner", "shown_scopes", "last_used", "expires")
    noun = "API tokens"
    list_filter = (StateFilter, "kind")
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "robot_key", "owner__username")
    search_help_text = "Name, beginning, robot or owner"
    ordering = ("-created_at", "-id")
    actions = ("revoke",)
    form_template = "console/theme/token.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return queries.tokens_of(actor_in_console(request)).order_by(*self.ordering)

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return allows(actor_in_console(request), "tokens.delete")

    @display(description="Token", ordering="name")
    def shown_name(self, token: ApiToken) -> SafeString:
        return pair(token.name, f"{token.prefix}…")

    @display(description="Kind", ordering="kind")
    def shown_kind(self, token: ApiToken) -> str:
        return f"Robot {token.robot_key}" if token.kind == TokenKind.ROBOT else "API"

    @display(description="State")
    def state(self, token: ApiToken) -> SafeString:
        found = state_of(token, timezone.now())
        return badge(TONES[found], STATES[found])

    @display(description="Scopes")
    def shown_scopes(self, token: ApiToken) -> str:
        return ", ".join("everything" if scope == "*" else scope for scope in token.scopes)

    @display(description="Last used (UTC)", ordering="last_used_at")
    def last_used(self, token: ApiToken) -> str:
        return moment(token.last_used_at)

    @display(description="Expires (UTC)", ordering="expires_at")
    def expires(self, token: ApiToken) -> str:
        return moment(token.expires_at) if token.expires_at else "never"

    def form_for(self, request: HttpRequest, row: ApiToken | None) -> Form:
        may_make_robots = allows(actor_in_console(request), "robot_tokens.create")
        return TokenForm(may_make_robots, request.POST if request.method == "POST" else None)

    def carry_out(self, request: HttpRequest, form: Form, row: ApiToken | None) -> HttpResponse:
        made, raw = tokens.create(actor=actor_in_console(request), at=timezone.now(), **form.cleaned_data)
        facts = {"title": f"{made.name} is ready", "token": made, "raw": raw, "list": self.place("changelist")}
        return self.page(request, "console/theme/token_shown.html", **facts)

    def facts_for(self, request: HttpRequest, row: ApiToken | None) -> dict[str, Any]:
        if row is None:
            return {}
        found = state_of(row, timezone.now())
        return {
            "badge": badge(TONES[found], STATES[found]),
            "journal": journal_of("apitoken", row.pk) if allows(actor_in_console(request), "journal.read") else "",
            "list": self.place("changelist"),
        }

    @confirmed(
        permission="revoke",
        done="revoked.",
        ask=Question("Revoke tokens", "Programs that show them are refused from now on. This is final.", "Revoke"),
    )
    def revoke(self, request: HttpRequest, token: ApiToken) -> None:
        tokens.revoke(actor=actor_in_console(request), pk=token.pk, at=timezone.now())
