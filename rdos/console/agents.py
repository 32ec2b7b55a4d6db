"""A browser's description of itself, in two words that a person recognises."""

# Order matters: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
PROGRAMS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python", "Python"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def recognised(agent: str) -> str:
    program = next((word for part, word in PROGRAMS if part.lower() in agent.lower()), "")
    system = next((word for part, word in SYSTEMS if part in agent), "")
    if not program:
        return agent[:40] or "Unknown program"
    return f"{program} on {system}" if system else program
