"""Which names and texts look secret. What looks secret is never written to a log or to the journal."""

import re
from collections.abc import Mapping

HIDDEN = "(hidden)"

# Anywhere in the name, with separators taken out.
TELLING_PARTS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "authorization",
    "cookie",
    "csrf",
    "apikey",
    "accesskey",
    "privatekey",
    "masterkey",
    "signingkey",
    "encryptionkey",
    "sessionkey",
    "streamkey",
    "sessionid",
    "recoverycode",
)
# Only as a word of its own: "otp" is also part of "hotplug".
TELLING_WORDS = frozenset({"otp", "totp", "jwt", "bearer", "pwd", "psk"})
# A secret's id, age or kind is no secret.
HARMLESS_LAST_WORDS = frozenset(
    {"id", "ids", "at", "on", "type", "kind", "name", "label", "count", "prefix", "seconds", "minutes", "hours", "days"}
)
# Language models count their words in tokens.
COUNTED_TOKENS = frozenset({"max", "total", "input", "output", "prompt", "completion", "used"})

WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
SECRETS_IN_TEXT = (
    (re.compile(r"(?i)\b(bearer)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # With a digit in it, so that "basic authentication" stays readable.
    (re.compile(r"(?i)\b(basic|token)\s+(?=\S*\d)[a-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), HIDDEN),
    # A webhook's address is its password.
    (re.compile(r"(/webhooks/)[A-Za-z0-9_-]{20,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]*:[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(r"(?i)\b([\w-]*(?:password|passwd|secret|token|api[_-]?key))(=|[\"']?:\s*[\"']?)[^\s&\"',;]+"),
        rf"\1\2{HIDDEN}",
    ),
)


def looks_secret(name: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    if not words or words[-1] in HARMLESS_LAST_WORDS:
        return False
    if words[-1] == "tokens" and COUNTED_TOKENS.intersection(words):
        return False
    joined = "".join(words)
    return bool(TELLING_WORDS.intersection(words)) or any(part in joined for part in TELLING_PARTS)


def mask_text(text: str) -> str:
    if not text:
        return text
    for pattern, replacement in SECRETS_IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def mask(value: object, name: str = "") -> object:
    """The same value with everything that looks secret hidden, however deep it sits."""
    if name and value not in (None, "") and looks_secret(name):
        return HIDDEN
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: mask(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(item) for item in value]
    return value
