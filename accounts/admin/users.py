"""Users: the list, the form, and what can be done to them. Every write is a service's."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts import queries
from accounts.access import allows, user_to_change
from accounts.admin.forms import ChangeUserForm, NewUserForm
from accounts.authentication import actor_in_console
from accounts.choices import Role
from accounts.models import SecondFactor, User
from accounts.services import logins, second_factors, users
from rdos.kernel.actors import Actor
from rdos.kernel.console import FormPage, Question, badge, confirmed, journal_of, moment, pair
from rdos.kernel.errors import Forbidden
from rdos.kernel.journal import record, row_of

STATES = {"active": "Active", "expired": "Expired", "deactivated": "Deactivated"}
TONES = {"active": "good", "expired": "warn", "deactivated": "idle"}


def state_of(user: User, at: datetime) -> str:
    if not user.is_active:
        return "deactivated"
    return "active" if user.may_sign_in(at) else "expired"


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        over = Q(expires_at__lte=timezone.now())
        by_state = {"active": Q(is_active=True) & ~over, "expired": Q(is_active=True) & over}
        chosen = self.value()
        if chosen == "deactivated":
            return queryset.filter(is_active=False)
        return queryset.filter(by_state[chosen]) if chosen in by_state else queryset


class FactorFilter(SimpleListFilter):
    title = "second factor"
    parameter_name = "factor"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("on", "On"), ("off", "Off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(has_factor=self.value() == "on") if self.value() in ("on", "off") else queryset


@admin.register(User)
class UserPage(FormPage):
    list_display = ("person", "shown_role", "state", "second_factor", "last_sign_in", "made")
    list_filter = (StateFilter, "role", FactorFilter, "is_temporary", "tier")
    search_fields = ("username", "display_name", "email")
    search_help_text = "Username, name or e-mail"
    ordering = ("-created_at", "-id")
    actions = ("deactivate", "end_logins", "remove_second_factor", "delete_for_good")
    form_template = "console/theme/user.html"

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return allows(actor_in_console(request), "users.list")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        confirmed_factor = SecondFactor.objects.filter(user=OuterRef("pk"), confirmed_at__isnull=False)
        found: QuerySet[User] = super().get_queryset(request)
        return found.annotate(has_factor=Exists(confirmed_factor))

    @display(description="User", ordering="username")
    def person(self, user: User) -> SafeString:
        return pair(user.username, user.display_name or user.email)

    @display(description="Role", ordering="role")
    def shown_role(self, user: User) -> str:
        return Role(user.role).label

    @display(description="State")
    def state(self, user: User) -> SafeString:
        found = state_of(user, timezone.now())
        word = STATES[found]
        return badge(TONES[found], f"{word}, temporary" if user.is_temporary else word)

    @display(description="Second factor", ordering="has_factor")
    def second_factor(self, user: User) -> SafeString:
        return badge("good", "On") if user.has_factor else badge("idle", "Off")  # type: ignore[attr-defined]

    @display(description="Last sign-in (UTC)", ordering="last_login_at")
    def last_sign_in(self, user: User) -> str:
        return moment(user.last_login_at)

    @display(description="Made (UTC)", ordering="created_at")
    def made(self, user: User) -> str:
        return moment(user.created_at)

    def form_for(self, request: HttpRequest, row: User | None) -> Form:
        actor, data = actor_in_console(request), request.POST if request.method == "POST" else None
        if row is None:
            return NewUserForm(actor, data)
        return ChangeUserForm(actor, data, initial=ChangeUserForm.facts(row))

    def carry_out(self, request: HttpRequest, form: Form, row: User | None) -> HttpResponse:
        actor, at = actor_in_console(request), timezone.now()
        if row is None:
            made = users.create(actor=actor, at=at, **form.cleaned_data)
            messages.success(request, f"{made.username} can sign in now.")
            return HttpResponseRedirect(self.place("change", made.pk))
        users.update(actor=actor, pk=row.pk, at=at, **_changed(form, row))
        messages.success(request, f"{row.username} was changed.")
        return HttpResponseRedirect(self.place("change", row.pk))

    def facts_for(self, request: HttpRequest, row: User | None) -> dict[str, Any]:
        if row is None:
            return {}
        at = timezone.now()
        found = state_of(row, at)
        return {
            "badge": badge(TONES[found], STATES[found]),
            "has_factor": second_factors.is_on(row),
            "open_logins": queries.open_logins(row, at).count(),
            "journal": journal_of("user", row.pk),
            "verbs": [(name, self.get_action(name)[2]) for name in self.actions],
            "list": self.place("changelist"),
        }

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: object = None) -> HttpResponse:
        if not self.has_delete_permission(request):
            raise PermissionDenied
        self.found(request, object_id)
        asked = self.delete_for_good(request, self.get_queryset(request).filter(pk=object_id))
        return asked or HttpResponseRedirect(self.place("changelist"))

    @confirmed(
        permission="change",
        done="deactivated.",
        ask=Question("Deactivate users", "They can no longer sign in, and all their logins end.", "Deactivate"),
    )
    def deactivate(self, request: HttpRequest, user: User) -> None:
        users.update(actor=actor_in_console(request), pk=user.pk, at=timezone.now(), is_active=False)

    @confirmed(
        permission="change",
        done="signed out everywhere.",
        ask=Question("End all logins", "They are signed out everywhere and may sign in again.", "End all logins"),
    )
    def end_logins(self, request: HttpRequest, user: User) -> None:
        actor = _above(request, user)
        ended = logins.revoke_all(user=user, because="ended", at=timezone.now(), keep=actor.login_id)
        record(who=actor.who, action="user.logins_ended", about=row_of(user), details={"ended": ended})

    @confirmed(
        permission="change",
        done="needs no code any more.",
        ask=Question(
            "Remove the second factor",
            "For somebody who lost their phone and their recovery codes. Their password alone lets them in afterwards.",
            "Remove second factor",
        ),
    )
    def remove_second_factor(self, request: HttpRequest, user: User) -> None:
        actor = _above(request, user)
        if actor.user_id == user.pk:
            raise Forbidden("Turn yours off in My account, with your password.")
        second_factors.remove(who=actor.who, user=user)

    @confirmed(
        permission="delete",
        done="deleted.",
        ask=Question(
            "Delete users", "Their logins and tokens go with them. What they did stays in the journal.", "Delete"
        ),
    )
    def delete_for_good(self, request: HttpRequest, user: User) -> None:
        users.delete(actor=actor_in_console(request), pk=user.pk)


def _changed(form: Form, user: User) -> dict[str, Any]:
    """Only what differs, so that an unchanged date of the past is no mistake and an empty password no password."""
    given = dict(form.cleaned_data)
    password = given.pop("password")
    before = ChangeUserForm.facts(user) | {"email": user.email or ""}
    # The form knows minutes only.
    if before["expires_at"] and given["expires_at"] == before["expires_at"].replace(second=0, microsecond=0):
        del given["expires_at"]
    changed = {name: value for name, value in given.items() if value != before[name]}
    return changed | ({"password": password} if password else {})


def _above(request: HttpRequest, user: User) -> Actor:
    actor = actor_in_console(request)
    user_to_change(actor, user.pk)
    return actor
