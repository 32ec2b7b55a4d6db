"""The moment between the right password and the code: known to the server only, short, and good once."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User
from accounts.queries import find_by_name

IN_SESSION = "pending_login"
LASTS = timedelta(minutes=5)
TRIES = 5


def begin(session: SessionBase, *, name: str, at: datetime) -> None:
    user = find_by_name(name)
    if user is None:
        return
    # Another session id than before the password was right.
    session.cycle_key()
    session[IN_SESSION] = {
        "user": str(user.pk),
        # It ends when the password changes meanwhile.
        "proof": user.get_session_auth_hash(),
        "until": (at + LASTS).timestamp(),
        "tries": TRIES,
    }


def user_of(session: SessionBase, at: datetime) -> User | None:
    """Whose code is awaited; each question uses up one try."""
    waiting = session.get(IN_SESSION)
    if not waiting:
        return None
    user = User.objects.filter(pk=waiting["user"]).first()
    if user is None or waiting["until"] < at.timestamp() or waiting["tries"] < 1:
        end(session)
        return None
    if waiting["proof"] != user.get_session_auth_hash():
        end(session)
        return None
    session[IN_SESSION] = waiting | {"tries": waiting["tries"] - 1}
    return user


def end(session: SessionBase) -> None:
    session.pop(IN_SESSION, None)
