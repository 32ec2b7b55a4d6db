"""Users that nobody typed in: the first administrator, foreign identities, and the developer at the desk."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.choices import Role, Tier
from accounts.errors import InvalidForeignToken, NameTaken
from accounts.models import User
from accounts.queries import anybody_here
from accounts.services import passwords, users
from rdos.kernel.journal import Who

DEV_CLERK_ID = "dev_user_001"
LONGEST_NAME = 128
LONGEST_EMAIL = 254


def first_admin(*, username: str, email: str = "", password: str = "") -> tuple[User | None, str]:
    """Makes the super admin of an empty hub; returns them and the password when it had to be invented."""
    if anybody_here():
        return None, ""
    invented = "" if password else passwords.generate()
    user = users.make(
        username=username,
        password=password or invented,
        email=email,
        display_name="Administrator",
        role=Role.SUPER_ADMIN,
    )
    return user, invented


def foreign_user(claims: Mapping[str, Any]) -> User:
    """Whom a verified foreign token names. The first time they become a developer who sees no nodes."""
    subject = str(claims.get("sub") or "")
    if not subject or len(subject) > 255 or not subject.isprintable() or subject == DEV_CLERK_ID:
        raise InvalidForeignToken("Invalid token: missing subject")
    return _known(subject) or _adopt(subject, claims)


def _known(subject: str) -> User | None:
    return User.objects.filter(clerk_id=subject).first()


def _adopt(subject: str, claims: Mapping[str, Any]) -> User:
    """Their e-mail may belong to somebody here, whose account a foreign token must not take over."""
    unknown = f"{subject}@unknown"[:LONGEST_EMAIL]
    for email in (_email(claims.get("email")) or unknown, unknown, None):
        try:
            return _make(subject, email, claims)
        except NameTaken:
            # Two first requests at once: the other one made the user.
            found = _known(subject)
            if found:
                return found
    raise NameTaken


def _email(claimed: object) -> str:
    try:
        validate_email(address := _clean(claimed))
    except ValidationError:
        return ""
    return address


def _make(subject: str, email: str | None, claims: Mapping[str, Any]) -> User:
    picture = _clean(claims.get("image_url"))
    return users.make(
        who=Who(kind="user", label=f"{subject[:100]} by sign-in service"),
        username=_free_username(subject),
        password=None,
        email=email,
        clerk_id=subject,
        display_name=_clean(claims.get("name")),
        avatar_url=picture if picture.startswith("https://") else "",
        role=Role.DEVELOPER,
        allowed_node_ids=[],
    )


def _free_username(subject: str) -> str:
    """Two subjects may differ only in letters that no username has, hence the digest."""
    safe = "".join(letter for letter in subject if letter.isascii() and (letter.isalnum() or letter in "_-"))
    return f"clerk.{safe[:44]}.{sha256(subject.encode()).hexdigest()[:12]}"


def _clean(value: object) -> str:
    text = "".join(letter for letter in str(value or "") if letter.isprintable())
    return text[:LONGEST_NAME]


def dev_user() -> User:
    found = User.objects.filter(clerk_id=DEV_CLERK_ID).first()
    if found:
        return found
    fields: dict[str, Any] = {
        "display_name": "Dev User",
        "email": "dev@localhost.dev",
        "role": Role.ADMIN,
        "tier": Tier.PRO,
    }
    try:
        with transaction.atomic():
            return users.make(username="dev_user", password=None, clerk_id=DEV_CLERK_ID, **fields)
    except NameTaken:
        return User.objects.get(clerk_id=DEV_CLERK_ID)
