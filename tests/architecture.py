"""What the other checkers cannot see: sizes, stray names, and what lies at the top of the tree.

Run as `python -m tests.architecture`; part of `make check`.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 400
APPS = ("accounts", "devices", "flows", "scheduling", "telemetry")
PACKAGES = ("rdos", *APPS)
TOP_LEVEL = {*PACKAGES, "templates", "static", "tests", "docs"}
# A module is named after its noun; these name nothing.
NAMELESS = {"utils.py", "util.py", "helpers.py", "helper.py", "misc.py", "common.py", "signals.py"}
NOT_OURS = {"var", "node_modules", "staticfiles"}


def faults(root: Path = ROOT) -> list[str]:
    return [*_top_level(root), *_modules(root)]


def _top_level(root: Path) -> Iterator[str]:
    for folder in root.iterdir():
        if folder.is_dir() and not folder.name.startswith((".", "__")) and folder.name not in TOP_LEVEL | NOT_OURS:
            yield f"{folder.name}/ is not part of the house (docs/architecture.md names what is)."
    for name in PACKAGES:
        if not (root / name / "__init__.py").is_file():
            yield f"{name}/ is missing."


def _modules(root: Path) -> Iterator[str]:
    for path in python_files(root):
        place = path.relative_to(root)
        if path.name in NAMELESS:
            yield f"{place} is named after nothing; name it after its noun."
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE and "migrations" not in place.parts:
            yield f"{place} has {lines} lines; {LONGEST_MODULE} is the most."


def python_files(root: Path) -> Iterator[Path]:
    for folder in (*PACKAGES, "tests"):
        yield from sorted((root / folder).rglob("*.py"))


if __name__ == "__main__":
    found = faults()
    print("\n".join(found) or "The house stands as drawn.")
    sys.exit(1 if found else 0)
