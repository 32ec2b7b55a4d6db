"""What of people and credentials wants a look, for those whom the rulebook lets look."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from accounts import queries
from accounts.access import allows
from accounts.choices import Role
from accounts.models import ApiToken, SecondFactor, User
from rdos.kernel.actors import Actor
from rdos.kernel.models import JournalEntry
from rdos.kernel.panels import Attention, Level

SOON = timedelta(days=7)
LONG_UNUSED = timedelta(days=90)
# More than this many failures is said as "more than": nobody needs the exact number of a flood.
COUNTED = 100


def people(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "users.list"):
        return
    yield from _locked_out(actor, at)
    yield from _expiring_accounts(at)
    yield from _bare_admins(at)


def _locked_out(actor: Actor, at: datetime) -> Iterator[Attention]:
    link = _failed_sign_ins() if allows(actor, "journal.read") else ""
    for lock in queries.locked_pairs(at).order_by("locked_until")[:5]:
        minutes = max(1, int((lock.locked_until - at).total_seconds() // 60)) if lock.locked_until else 1
        text = f"Too many wrong passwords from {lock.address}. It opens again in {counted(minutes, 'minute')}."
        yield Attention(f"locked-{lock.pk}", Level.WARNING, f"{lock.account} is locked out", text, link)


def _expiring_accounts(at: datetime) -> Iterator[Attention]:
    soon = User.objects.filter(is_active=True, expires_at__gt=at, expires_at__lte=at + SOON)
    for user in soon.order_by("expires_at")[:5]:
        text = f"On {user.expires_at:%d %B at %H:%M} UTC." if user.expires_at else ""
        link = reverse("admin:accounts_user_change", args=(user.pk,))
        yield Attention(f"expires-{user.pk}", Level.NOTICE, f"The account {user.username} expires soon", text, link)


def _bare_admins(at: datetime) -> Iterator[Attention]:
    bare = User.objects.filter(role__in=[Role.ADMIN, Role.SUPER_ADMIN], is_active=True)
    bare = bare.exclude(pk__in=SecondFactor.objects.filter(confirmed_at__isnull=False).values("user_id"))
    names = list(bare.exclude(expires_at__lte=at).order_by("username").values_list("username", flat=True)[:4])
    if names:
        listed = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
        link = reverse("admin:accounts_user_changelist") + "?factor=off&state=active"
        title = "Administrators without a second factor"
        yield Attention("bare-admins", Level.NOTICE, title, f"{listed}: a stolen password would be enough.", link)


def failed_sign_ins(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "journal.read"):
        return
    recent = JournalEntry.objects.filter(action="auth.login_failed", at__gt=at - timedelta(hours=1))
    number = recent[: COUNTED + 1].count()
    if number:
        said = f"More than {COUNTED} failed sign-ins" if number > COUNTED else counted(number, "failed sign-in")
        level = Level.WARNING if number >= 5 else Level.NOTICE
        text = "The journal says who tried, and from where."
        yield Attention("failed-sign-ins", level, f"{said} in the last hour", text, _failed_sign_ins())


def tokens(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "tokens.read"):
        return
    open_ones = queries.tokens_of(actor).filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)
    for token in open_ones.filter(expires_at__lte=at + SOON).order_by("expires_at")[:5]:
        text = f"Whatever uses it stops working on {token.expires_at:%d %B at %H:%M} UTC." if token.expires_at else ""
        title = f"The token {token.name} expires soon"
        yield Attention(f"token-{token.pk}", Level.WARNING, title, text, _page_of(token))
    idle = Q(last_used_at__lt=at - LONG_UNUSED) | Q(last_used_at=None, created_at__lt=at - LONG_UNUSED)
    for token in open_ones.filter(idle).order_by("created_at")[:5]:
        text = f"Nobody used it for {LONG_UNUSED.days} days. Revoke it if nothing needs it."
        yield Attention(f"idle-{token.pk}", Level.NOTICE, f"The token {token.name} lies idle", text, _page_of(token))


def _page_of(token: ApiToken) -> str:
    return reverse("admin:accounts_apitoken_change", args=(token.pk,))


def _failed_sign_ins() -> str:
    return reverse("admin:kernel_journalentry_changelist") + "?" + urlencode({"action": "auth.login_failed"})


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
