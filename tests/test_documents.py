"""Documents that a program can check do not go stale."""

import re
from pathlib import Path

import pytest

from rdos.management.commands.configuration import as_env, as_markdown
from tests.architecture import ROOT

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PIN = re.compile(r"^([A-Za-z0-9-]+)(?:\[[a-z,]+\])?==\S+$")


def pins(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r"))]
    assert all(PIN.match(line) for line in wanted), "every requirement is pinned to one version"
    return [PIN.sub(r"\1", line) for line in wanted]


def test_the_configuration_page_lists_every_variable_as_declared() -> None:
    assert as_markdown() in (ROOT / "docs/configuration.md").read_text()


def test_the_example_environment_is_the_declared_one() -> None:
    assert (ROOT / ".env.example").read_text() == as_env()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_says_why_it_is_here(name: str) -> None:
    page = (ROOT / "docs/dependencies.md").read_text().lower()
    assert [pin for pin in pins(name) if not re.search(rf"\b{re.escape(pin.lower())}\b", page)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_leads_nowhere(document: Path) -> None:
    missing = [target for target in LINK.findall(document.read_text()) if not (document.parent / target).exists()]
    assert missing == []


def test_every_decision_is_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs/adr").glob("*.md")]
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]
