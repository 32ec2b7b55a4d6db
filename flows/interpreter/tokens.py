"""An expression cut into its words."""

import re
from dataclasses import dataclass

from .errors import ExpressionError
from .references import INSIDE

TOKEN = re.compile(
    rf"(?P<reference>{INSIDE})"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign>&&|\|\||[=!<>]=|[-+*/%<>()\[\].,!=])",
    re.DOTALL,
)
BLANK = re.compile(r"\s*")
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
# Both spellings of everything that has two.
SIGNS = {"&&": "and", "||": "or", "!": "not"}
WORDS = {"and", "or", "not", "in", "is", "AND", "OR", "NOT", "IN", "IS"}


@dataclass(frozen=True)
class Token:
    """`kind` is reference, number, name, text, sign or end; the words of the language are signs."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    found, at = [], 0
    while (at := _after_blank(text, at)) < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"{text[at]} makes no sense here.", at)
        found.append(_token(match))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _after_blank(text: str, at: int) -> int:
    blank = BLANK.match(text, at)
    return blank.end() if blank else at


def _token(match: re.Match[str]) -> Token:
    kind, text = str(match.lastgroup), match[0]
    if kind == "reference":
        text = text[2:-2].strip()
    elif kind == "text":
        text = ESCAPE.sub(lambda escape: ESCAPES.get(escape[1], escape[1]), text[1:-1])
    elif text in WORDS or text in SIGNS:
        kind, text = "sign", SIGNS.get(text, text.lower())
    return Token(kind, text, match.start())
