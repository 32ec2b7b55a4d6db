"""What a password must be, and how it is kept."""

import re

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

SHORTEST, ADVISED, LONGEST = 8, 12, 128
ADVICE = (
    f"At least {SHORTEST} characters with an upper-case letter, a lower-case letter and a digit; "
    f"{ADVISED} or more is better."
)

CLASSES = (
    (re.compile(r"[A-Z]"), "It needs an upper-case letter."),
    (re.compile(r"[a-z]"), "It needs a lower-case letter."),
    (re.compile(r"[0-9]"), "It needs a digit."),
)
_common = CommonPasswordValidator()


class Argon2idHasher(Argon2PasswordHasher):
    """RFC 9106's second choice as OWASP advises it: 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


def faults(password: str, *, username: str = "") -> list[str]:
    """Every reason to refuse this password, in words for the person who chose it."""
    found = []
    if not SHORTEST <= len(password) <= LONGEST:
        found.append(f"It needs {SHORTEST} to {LONGEST} characters.")
    found += [sentence for pattern, sentence in CLASSES if not pattern.search(password)]
    if _is_common(password):
        found.append("It is on a list of common passwords.")
    if username and username.lower() in password.lower():
        found.append("It contains the username.")
    if "\x00" in password:
        found.append("It holds a NUL character.")
    return found


def _is_common(password: str) -> bool:
    """Also when only decorated: `Password1!` is `password` in its Sunday clothes."""
    bare = re.sub(r"[^a-z]", "", password.lower())
    return any(_is_listed(word) for word in {password, bare if len(bare) >= SHORTEST else password})


def _is_listed(word: str) -> bool:
    try:
        _common.validate(word)
    except ValidationError:
        return True
    return False
