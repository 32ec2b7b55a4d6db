"""What people fill in on their own pages."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.choices import EVERYTHING, READ_ONLY, SCOPES
from accounts.passwords import ADVICE

SCOPE_WORDS = {EVERYTHING: "everything I may do", READ_ONLY: "read everything I may read"}
SCOPE_CHOICES = [(scope, SCOPE_WORDS.get(scope, scope)) for scope in SCOPES]
LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "one year"), ("", "never")]


def _password(label: str, autocomplete: str, **kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=128, strip=False, widget=widget, **kwargs)


def _code(label: str, **kwargs: Any) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false", "autofocus": True}
    return forms.CharField(label=label, max_length=32, widget=forms.TextInput(attrs=attrs), **kwargs)


class PageForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | kwargs))


class LoginForm(PageForm):
    username = forms.CharField(
        label="Username or e-mail",
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = _password("Password", "current-password")


class SecondStepForm(PageForm):
    otp = _code("Code", help_text="The six digits of your authenticator app, or a recovery code.")


class ConfirmFactorForm(PageForm):
    otp = _code("Code from the app")


class ChangePasswordForm(PageForm):
    current = _password("Current password", "current-password")
    new = _password("New password", "new-password", help_text=ADVICE)
    again = _password("New password again", "new-password")

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", "The two new passwords differ.")
        return data


class OwnPasswordForm(PageForm):
    password = _password("Your password", "current-password")


class OwnTokenForm(PageForm):
    name = forms.CharField(
        max_length=128,
        help_text="What will use it, such as “backup script”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=SCOPE_CHOICES,
        initial=[EVERYTHING],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    days = forms.ChoiceField(label="It ends after", choices=LIFETIMES, initial="90", required=False)

    def expires_at(self, at: datetime) -> datetime | None:
        days = self.cleaned_data["days"]
        return at + timedelta(days=int(days)) if days else None
