"""Which secrets are too weak to start with."""

SHORTEST_SECRET = 16
WELL_KNOWN = ("change-me", "changeme", "change_me", "default", "secret", "password", "insecure", "example")


def weakness(name: str, value: str) -> str | None:
    """The reason to refuse this secret, or None when it is good."""
    if not value:
        return f"{name} is missing."
    if len(value) < SHORTEST_SECRET:
        return f"{name} is shorter than {SHORTEST_SECRET} characters."
    lowered = value.lower()
    found = next((word for word in WELL_KNOWN if word in lowered), None)
    if found:
        return f"{name} contains the well-known word {found!r}."
    if len(set(value)) < 6:
        return f"{name} repeats the same few characters."
    return None
