"""How severe an entry of the journal is. What is told as an event is a higher app's to say."""

from collections.abc import Callable, Sequence

from rdos.kernel.models import JournalEntry

Teller = Callable[[JournalEntry], str]

_teller: Teller | None = None
_words: tuple[str, ...] = ()


def told_by(teller: Teller, words: Sequence[str]) -> None:
    """Said once, in composition: who knows it, and the words there are."""
    global _teller, _words
    _teller, _words = teller, tuple(words)


def words() -> tuple[str, ...]:
    return _words


def severity_of(entry: JournalEntry) -> str:
    """Empty for what is no event. What the entry says itself comes first."""
    own = entry.details.get("severity") if isinstance(entry.details, dict) else None
    if isinstance(own, str) and own in _words:
        return own
    return _teller(entry) if _teller else ""
