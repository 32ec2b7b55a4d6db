"""From the words of an expression to its tree, by precedence."""

from collections.abc import Callable

from .bounds import BITS
from .errors import ExpressionError
from .tokens import Token
from .tree import Access, Calculation, Comparison, Listed, Literal, Logic, Negative, Not, Part, Reference, Text
from .values import number_in

DEEPEST = 50
CONSTANTS = {"true": True, "false": False, "null": None, "none": None, "True": True, "False": False, "None": None}
OR, AND, COMPARING, ADDING, MULTIPLYING = range(1, 6)
# The higher, the tighter. `not` lies between `and` and the comparisons.
LEVELS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "is", "not"), COMPARING),
    **dict.fromkeys(("+", "-"), ADDING),
    **dict.fromkeys(("*", "/", "%"), MULTIPLYING),
}


class Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words, self._at, self._depth = words, 0, 0

    def whole(self) -> Part:
        found = self._from(OR)
        if self._next.kind != "end":
            raise self._unexpected()
        return found

    def _from(self, lowest: int) -> Part:
        """As much as is held together by signs of this level or tighter ones."""
        found = self._prefixed()
        while (level := LEVELS.get(self._sign, 0)) >= lowest:
            found = self._row(level, found)
        return found

    def _row(self, level: int, first: Part) -> Part:
        """All of one level side by side, so that a long row makes no deep tree."""
        rest = []
        while LEVELS.get(self._sign) == level:
            position = self._next.position
            rest.append((self._operation(), position, self._from(level + 1)))
        if level == COMPARING:
            return Comparison(first, tuple(rest))
        if level > COMPARING:
            return Calculation(first, tuple(rest))
        return Logic(rest[0][0], (first, *(part for _, _, part in rest)))

    def _operation(self) -> str:
        sign = self._take().text
        if sign == "not":
            self._expect("in")
            return "not in"
        if sign == "is":
            return "!=" if self._taken("not") else "=="
        return sign

    def _prefixed(self) -> Part:
        if word := self._taken("not"):
            return Not(word.position, self._deeper(lambda: self._from(COMPARING)))
        if word := self._taken("-"):
            return Negative(word.position, self._deeper(self._prefixed))
        return self._accessed()

    def _accessed(self) -> Part:
        base, keys, position = self._single(), [], self._next.position
        while word := self._taken(".", "["):
            keys.append(self._key() if word.text == "." else self._closed("]"))
        return Access(position, base, tuple(keys)) if keys else base

    def _key(self) -> Part:
        word = self._next
        if word.kind != "name" and not word.text.isalnum():
            raise self._unexpected()
        return Literal(word.position, self._take().text)

    def _single(self) -> Part:
        if self._taken("("):
            return self._closed(")")
        if word := self._taken("["):
            return self._list(word.position)
        if self._next.kind in ("sign", "end"):
            raise self._unexpected()
        return self._word(self._take())

    def _word(self, word: Token) -> Part:
        if word.kind == "text":
            return Text(word.position, word.text)
        if word.kind == "number":
            return Literal(word.position, _number(word))
        if word.kind == "name" and word.text in CONSTANTS:
            return Literal(word.position, CONSTANTS[word.text])
        if self._sign == "(":
            raise ExpressionError(f"{word.text} cannot be called: an expression calls nothing.", word.position)
        return Reference(word.position, word.text)

    def _list(self, position: int) -> Part:
        parts: list[Part] = []
        while not self._taken("]"):
            if parts:
                self._expect(",")
            parts.append(self._deeper(lambda: self._from(OR)))
        return Listed(position, tuple(parts))

    def _closed(self, sign: str) -> Part:
        found = self._deeper(lambda: self._from(OR))
        self._expect(sign)
        return found

    def _deeper(self, part: Callable[[], Part]) -> Part:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"The expression is nested deeper than {DEEPEST} levels.", self._next.position)
        found = part()
        self._depth -= 1
        return found

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    @property
    def _sign(self) -> str:
        return self._next.text if self._next.kind == "sign" else ""

    def _take(self) -> Token:
        word = self._next
        self._at += 1
        return word

    def _taken(self, *signs: str) -> Token | None:
        return self._take() if self._sign in signs else None

    def _expect(self, sign: str) -> None:
        if not self._taken(sign):
            raise ExpressionError(f"Here should be {sign}.", self._next.position)

    def _unexpected(self) -> ExpressionError:
        word = self._next
        if word.kind == "end":
            return ExpressionError("The expression ends too early.", word.position)
        if self._sign == "=":
            return ExpressionError("= assigns, which an expression cannot; == compares.", word.position)
        return ExpressionError(f"{word.text[:50]} makes no sense here.", word.position)


def _number(word: Token) -> int | float:
    found = number_in(word.text)
    if found is None or (isinstance(found, int) and found.bit_length() > BITS):
        raise ExpressionError("This number is too large.", word.position)
    return found
