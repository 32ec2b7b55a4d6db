"""Setting passwords: the rules hold wherever one is chosen."""

import secrets
import string
from datetime import datetime

from django.db import transaction

from accounts.authentication import password_fits
from accounts.errors import WeakPassword, WrongPassword
from accounts.models import User
from accounts.passwords import faults
from accounts.services import locks, logins
from rdos.kernel.actors import Actor
from rdos.kernel.journal import Who, record, row_of


def insist(password: str, *, username: str = "") -> None:
    found = faults(password, username=username)
    if found:
        raise WeakPassword(errors={"password": found})


def insist_on_own(*, actor: Actor, user: User, password: str, at: datetime) -> None:
    """Guessing the password through an open session is counted like guessing it at the door."""
    locks.check(address=actor.address, account=user.username, at=at)
    if not password_fits(user, password):
        locks.count_failure(address=actor.address, account=user.username, at=at)
        raise WrongPassword
    locks.clear(address=actor.address, account=user.username)


def change_own(*, actor: Actor, user: User, current: str, new: str, at: datetime) -> None:
    insist_on_own(actor=actor, user=user, password=current, at=at)
    insist(new, username=user.username)
    put(user=user, password=new, who=actor.who, at=at)
    logins.revoke_all(user=user, because="password_changed", at=at, keep=actor.login_id)


@transaction.atomic
def put(*, user: User, password: str, who: Who, at: datetime) -> None:
    user.set_password(password)
    User.objects.filter(pk=user.pk).update(password=user.password, updated_at=at)
    record(who=who, action="user.password", about=row_of(user))


def generate() -> str:
    """24 characters that obey our own rules; long enough to never be guessed, plain enough to be typed once."""
    alphabet = string.ascii_letters + string.digits
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(24))
        if not faults(password):
            return password
