"""Texts. None of this knows patterns: a hostile one would keep its host busy for ever."""

from collections import ChainMap
from collections.abc import Callable

from ..bounds import fitting_length, fitting_text_length
from ..errors import StepError
from ..inputs import Inputs
from ..outcome import Values, Work
from ..references import fill_braces
from ..writing import joined, written

CASES: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "capitalize": str.capitalize,
    "swapcase": str.swapcase,
}


def _text(given: Inputs) -> str:
    return given.text("text", "string", "value")


def concatenate(given: Inputs) -> Values:
    parts = [given.text(name) for name in given.numbered("string")] or [
        written(part, given.bounds) for part in given.items("strings", "items", "values")
    ]
    return {"result": joined(parts, given.bounds, given.text("separator", default=""))}


def format_string(given: Inputs) -> Values:
    """Placeholders are replaced and nothing else: no format codes, no attributes."""
    names = ChainMap(given.mapping("variables", "values", default={}), {**given.names})
    template = given.get("template") if "template" in given.wired else given.raw("template", "format", "text")
    if not isinstance(template, str):
        raise StepError("template must be a text.", "TypeError")
    return {"result": fill_braces(template, names, given.bounds)}


def change_case(given: Inputs) -> Values:
    case = given.word("case", default="lower")
    if case not in CASES:
        raise StepError(f"case must be one of {', '.join(CASES)}.")
    return {"result": CASES[case](_text(given))}


def upper(given: Inputs) -> Values:
    return {"result": _text(given).upper()}


def lower(given: Inputs) -> Values:
    return {"result": _text(given).lower()}


def trim(given: Inputs) -> Values:
    strips = {"both": str.strip, "left": str.lstrip, "right": str.rstrip}
    mode = given.word("mode", default="both")
    if mode not in strips:
        raise StepError("mode must be both, left or right.")
    return {"result": strips[mode](_text(given), given.text("characters", default="") or None)}


def replace(given: Inputs) -> Values:
    text = _text(given)
    old, new = given.text("old_value", "old", "search"), given.text("new_value", "new", "replacement", default="")
    if not old:
        raise StepError("old_value is empty.")
    most = given.integer("count", default=-1)
    found = text.count(old) if most < 0 else min(text.count(old), most)
    fitting_text_length(len(text) + found * (len(new) - len(old)), given.bounds)
    return {"result": text.replace(old, new, found), "replacements": found}


def split(given: Inputs) -> Values:
    """At blanks of any length when no separator is given."""
    text, separator = _text(given), given.text("separator", "delimiter", default="") or None
    most = given.integer("max_split", default=-1)
    parts = text.count(separator) if separator else len(text) // 2
    fitting_length(parts if most < 0 else min(parts, most), given.bounds)
    found = text.split(separator, most)
    return {"result": found, "count": len(found)}


def join(given: Inputs) -> Values:
    parts = (written(part, given.bounds) for part in given.items("items", "list"))
    return {"result": joined(parts, given.bounds, given.text("separator", "delimiter", default=""))}


def contains(given: Inputs) -> Values:
    text, search = _text(given), given.text("search", "substring")
    if not given.flag("case_sensitive", default=True):
        text, search = text.lower(), search.lower()
    return {"contains": search in text, "position": text.find(search), "count": text.count(search)}


def starts_with(given: Inputs) -> Values:
    return {"result": _text(given).startswith(given.text("prefix", "search"))}


def ends_with(given: Inputs) -> Values:
    return {"result": _text(given).endswith(given.text("suffix", "search"))}


def substring(given: Inputs) -> Values:
    found = _text(given)[given.integer("start", default=0) : given.maybe_integer("end")]
    return {"result": found, "length": len(found)}


def length(given: Inputs) -> Values:
    return {"length": len(_text(given))}


WORDS: dict[str, Work] = {
    "Case": change_case,
    "Upper": upper,
    "Lower": lower,
    "Trim": trim,
    "Replace": replace,
    "Split": split,
    "Join": join,
    "Contains": contains,
    "StartsWith": starts_with,
    "EndsWith": ends_with,
    "Substring": substring,
    "Length": length,
}
NODES: dict[str, Work] = {
    "Concatenate": concatenate,
    "FormatString": format_string,
    **{f"Text{word}": work for word, work in WORDS.items()},
    **{f"String{word}": work for word, work in WORDS.items()},
}
