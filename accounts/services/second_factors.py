"""Time-based codes as a second factor, with recovery codes; each code opens once."""

import secrets
from datetime import datetime

import pyotp
from django.db import transaction

from accounts.errors import AlreadyEnrolled, CodeDoesNotFit, SecondFactorRequired, WrongSecondFactor
from accounts.models import RecoveryCode, SecondFactor, User
from accounts.signatures import digest
from rdos.kernel import limits
from rdos.kernel.actors import Actor
from rdos.kernel.encryption import conceal, reveal
from rdos.kernel.errors import NotFound, RateLimited
from rdos.kernel.journal import Who, record, row_of

STEP_SECONDS = 30
# A phone's clock may be one step off either way.
TOLERATED_STEPS = (-1, 0, 1)
RECOVERY_CODES = 10
WRONG_CODES, PER_SECONDS = 20, 3600


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def propose(*, user: User) -> str:
    """Starts enrolment and returns the secret, which is shown until a code confirms it."""
    if is_on(user):
        raise AlreadyEnrolled
    secret = pyotp.random_base32()
    factor = SecondFactor(user=user)
    conceal(factor, "secret", secret)
    # Never over a factor that was confirmed a moment ago in another window.
    waiting = SecondFactor.objects.filter(user=user, confirmed_at=None)
    if not waiting.update(secret=factor.secret, last_step=0):
        _, made = SecondFactor.objects.get_or_create(user=user, defaults={"secret": factor.secret})
        if not made:
            raise AlreadyEnrolled
    return str(secret)


def proposed(user: User) -> str:
    """The secret of an enrolment that waits for its first code, or nothing."""
    factor = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    return reveal(factor, "secret") if factor else ""


def address_for_app(*, user: User, secret: str, issuer: str) -> str:
    return str(pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=issuer))


@transaction.atomic
def confirm(*, actor: Actor, user: User, code: str, at: datetime) -> list[str]:
    """Turns it on, and returns the recovery codes, shown once."""
    factor = SecondFactor.objects.select_for_update().filter(user=user).first()
    if factor is None:
        raise NotFound("Begin the enrolment first.")
    if factor.confirmed_at:
        raise AlreadyEnrolled
    if not _accept(factor, code, at):
        raise CodeDoesNotFit(errors={"otp": ["Is the phone's clock right? Try the next code."]})
    SecondFactor.objects.filter(pk=user.pk).update(confirmed_at=at)
    record(who=actor.who, action="user.second_factor_on", about=row_of(user))
    return _new_recovery_codes(user)


def _new_recovery_codes(user: User) -> list[str]:
    codes = [f"{secrets.token_hex(5)}-{secrets.token_hex(5)}" for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(user, code)) for code in codes])
    return codes


@transaction.atomic
def remove(*, who: Who, user: User) -> None:
    removed, _ = SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if removed:
        record(who=who, action="user.second_factor_off", about=row_of(user))


def demand(*, user: User, code: str, at: datetime) -> None:
    """Lets a sign-in pass when no factor is on, or the code is good and new."""
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        return
    if not code:
        raise SecondFactorRequired
    _insist_on_few_guesses(limits.look(*_guesses_of(user), limit=WRONG_CODES, seconds=PER_SECONDS))
    if not _accept(factor, code, at) and not _use_recovery_code(user, code, at):
        limits.hit(*_guesses_of(user), limit=WRONG_CODES, seconds=PER_SECONDS)
        raise WrongSecondFactor


def _guesses_of(user: User) -> tuple[str, str]:
    """Per account, whatever the address: who has the password must not try codes from a thousand machines."""
    return "second-factor", str(user.pk)


def _insist_on_few_guesses(verdict: limits.Verdict) -> None:
    if not verdict.allowed:
        raise RateLimited("Too many wrong codes for this account. Try again later.", retry_after=verdict.retry_after)


def _accept(factor: SecondFactor, code: str, at: datetime) -> bool:
    totp = pyotp.TOTP(reveal(factor, "secret"))
    now = int(at.timestamp()) // STEP_SECONDS
    for step in (now + offset for offset in TOLERATED_STEPS):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()):
            fresh = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
            return fresh.update(last_step=step) == 1
    return False


def _use_recovery_code(user: User, code: str, at: datetime) -> bool:
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(user, code.strip().lower()), used_at=None)
    return unused.update(used_at=at) == 1


def _digest(user: User, code: str) -> str:
    return digest(f"{user.pk}:{code}")
