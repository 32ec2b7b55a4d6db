"""Questions about people and their credentials."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.access import allows
from accounts.choices import Role, TokenKind
from accounts.models import ApiToken, Login, LoginLock, User
from rdos.kernel.actors import Actor


def users(search: str = "", role: str = "") -> QuerySet[User]:
    found = User.objects.all()
    if role:
        found = found.filter(role=role)
    if search:
        found = found.filter(
            Q(username__icontains=search) | Q(display_name__icontains=search) | Q(email__icontains=search)
        )
    return found


def tokens_of(actor: Actor) -> QuerySet[ApiToken]:
    """Their own; everybody's for an admin."""
    found = ApiToken.objects.select_related("owner")
    return found if allows(actor, "users.list") else found.filter(owner_id=actor.user_id)


def robot_tokens(robot_key: str = "") -> QuerySet[ApiToken]:
    found = ApiToken.objects.filter(kind=TokenKind.ROBOT)
    return found.filter(robot_key=robot_key) if robot_key else found


def in_state(tokens: QuerySet[ApiToken], state: str, at: datetime) -> QuerySet[ApiToken]:
    """Active, revoked or expired; any other word is the state of none."""
    over = Q(expires_at__lte=at)
    conditions = {
        "active": Q(revoked_at=None) & ~over,
        "revoked": Q(revoked_at__isnull=False),
        "expired": Q(revoked_at=None) & over,
    }
    return tokens.filter(conditions[state]) if state in conditions else tokens.none()


def open_logins(user: User, at: datetime) -> QuerySet[Login]:
    return Login.objects.filter(user=user, revoked_at=None, expires_at__gt=at).order_by("-refreshed_at")


def find_by_name(name: str) -> User | None:
    """By username or e-mail, whatever the case."""
    # The username first: no e-mail that a sign-in service claims may stand before it.
    return User.objects.filter(username__iexact=name).first() or User.objects.filter(email__iexact=name).first()


def anybody_here() -> bool:
    return User.objects.filter(role=Role.SUPER_ADMIN, is_active=True).exists()


def locked_pairs(at: datetime) -> QuerySet[LoginLock]:
    return LoginLock.objects.filter(locked_until__gt=at)
