"""What an admin fills in. The rules themselves live in the services, which every door shares."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold import widgets

from accounts.choices import EVERYTHING, READ_ONLY, SCOPES, Role, Tier, TokenKind
from accounts.models import User
from accounts.models.user import NO_CONTROLS, USERNAME_PATTERN
from accounts.passwords import ADVICE
from rdos.kernel.actors import Actor

MOMENT = "%Y-%m-%dT%H:%M"
HANDLE_PATTERN = r"\A[A-Za-z0-9_-]{1,64}\Z"
SCOPE_WORDS = {EVERYTHING: "everything you may do", READ_ONLY: "read everything you may read"}


def text(**attrs: Any) -> Any:
    return widgets.UnfoldAdminTextInputWidget(attrs=attrs)


class MomentInput(widgets.UnfoldAdminTextInputWidget):
    """The browser's own picker, which knows minutes."""

    input_type = "datetime-local"

    def format_value(self, value: object) -> object:
        return value.strftime(MOMENT) if isinstance(value, datetime) else value


def moment(**kwargs: Any) -> forms.DateTimeField:
    return forms.DateTimeField(input_formats=[MOMENT, f"{MOMENT}:%S"], required=False, widget=MomentInput(), **kwargs)


def in_ninety_days() -> datetime:
    return timezone.now() + timedelta(days=90)


def scope_choices() -> list[tuple[str, str]]:
    return [(scope, SCOPE_WORDS.get(scope, scope)) for scope in SCOPES]


class UserForm(forms.Form):
    """What both adding and changing ask for."""

    display_name = forms.RegexField(rf"\A{NO_CONTROLS}\Z", max_length=128, required=False, widget=text())
    email = forms.EmailField(label="E-mail", max_length=254, required=False, widget=text(type="email"))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.VIEWER, widget=widgets.UnfoldAdminSelectWidget())
    tier = forms.ChoiceField(choices=Tier.choices, initial=Tier.FREE, widget=widgets.UnfoldAdminSelectWidget())
    is_temporary = forms.BooleanField(label="Temporary", required=False, widget=widgets.UnfoldBooleanSwitchWidget())
    expires_at = moment(label="Expires (UTC)", help_text="From then on nobody signs in with it. Leave empty for never.")

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Role(actor.role)
        offered = [(role.value, role.label) for role in Role if role.rank <= mine.rank]
        current = self.initial.get("role", Role.VIEWER)
        kept = [] if any(current == word for word, _ in offered) else [(current, Role(current).label)]
        self.fields["role"].choices = offered + kept  # type: ignore[attr-defined]


class NewUserForm(UserForm):
    username = forms.RegexField(
        rf"\A{USERNAME_PATTERN}\Z",
        max_length=64,
        widget=text(autocomplete="off", autofocus=True, spellcheck="false"),
        error_messages={"invalid": "1–64 letters, digits, “_”, “.” or “-”, beginning with a letter or digit."},
    )
    password = forms.CharField(
        max_length=128,
        strip=False,
        help_text=ADVICE,
        widget=widgets.UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("username", "display_name", "email", "password", "role")


class ChangeUserForm(UserForm):
    is_active = forms.BooleanField(label="Active", required=False, widget=widgets.UnfoldBooleanSwitchWidget())
    password = forms.CharField(
        label="New password",
        max_length=128,
        strip=False,
        required=False,
        help_text=f"Leave empty to keep the present one; a new one ends all their logins. {ADVICE}",
        widget=widgets.UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("display_name", "email", "password", "role", "tier", "is_active")

    @staticmethod
    def facts(user: User) -> dict[str, Any]:
        names = ("display_name", "email", "role", "tier", "is_active", "is_temporary", "expires_at")
        return {name: getattr(user, name) for name in names}


class TokenForm(forms.Form):
    kind = forms.ChoiceField(choices=TokenKind.choices, initial=TokenKind.API, widget=widgets.UnfoldAdminSelectWidget())
    name = forms.CharField(max_length=128, help_text="What will use it.", widget=text(autofocus=True))
    robot_key = forms.RegexField(
        HANDLE_PATTERN,
        required=False,
        label="Robot",
        widget=text(spellcheck="false"),
        help_text="For a robot token only: the handle of the one robot that may show it.",
    )
    scopes = forms.MultipleChoiceField(
        choices=scope_choices,
        initial=[EVERYTHING],
        required=False,
        help_text="For an API token. It never may more than you.",
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    expires_at = moment(label="Expires (UTC)", help_text="Leave empty for never.", initial=in_ninety_days)

    def __init__(self, may_make_robots: bool, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_make_robots:
            del self.fields["robot_key"]
            self.fields["kind"].choices = [(TokenKind.API.value, TokenKind.API.label)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        if data.get("kind") == TokenKind.API and not data.get("scopes"):
            self.add_error("scopes", "Choose at least one.")
        return data | {"robot_key": data.get("robot_key", "")}
