"""What a check finds: where, by which word of the contract, and said in a sentence."""

import re
from dataclasses import dataclass

MOST = 50
LONGEST_PART, LONGEST_PATH = 64, 300
# No answer and no database could carry them.
UNSHOWN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Finding:
    path: str
    code: str
    text: str

    @property
    def sentence(self) -> str:
        return f"{self.code}: {self.text}"


def path(*parts: object) -> str:
    """For example `nodes.a.config`."""
    return _cut(".".join(map(shown, parts)), LONGEST_PATH)


def shown(part: object) -> str:
    """A name as somebody else chose it, made fit to be told."""
    if isinstance(part, str):
        return _cut(UNSHOWN.sub("\ufffd", part[: LONGEST_PART + 1]), LONGEST_PART)
    return str(part) if type(part) is int and abs(part) < 2**64 else f"({type(part).__name__})"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
