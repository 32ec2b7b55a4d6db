"""The package goes into other programs: it may bring nothing, touch nothing and run nothing that a flow says."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flows.interpreter

HOME = Path(flows.interpreter.__file__).parent
FILES = sorted(HOME.rglob("*.py"))
ALLOWED = {"collections", "collections.abc", "dataclasses", "functools", "json", "math", "re", "typing"}
FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "open",
    "input",
    "print",
    "__import__",
    "getattr",
    "setattr",
    "globals",
    "locals",
    "vars",
}
LONGEST = 170


def names_imported(tree: ast.AST) -> Iterator[str]:
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and not part.level:
            yield str(part.module)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_it_imports_itself_by_relative_names_and_a_little_of_the_standard_library(path: Path) -> None:
    assert set(names_imported(ast.parse(path.read_text()))) <= ALLOWED


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOME)))
def test_it_runs_no_code_and_touches_nothing(path: Path) -> None:
    called = {part.func.id for part in ast.walk(ast.parse(path.read_text()))
              if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}  # fmt: skip
    assert called & FORBIDDEN == set()


def test_its_files_are_short() -> None:
    assert {path.name: lines for path in FILES if (lines := len(path.read_text().splitlines())) > LONGEST} == {}


def test_it_runs_alone_under_another_name(tmp_path: Path) -> None:
    shutil.copytree(HOME, tmp_path / "rdos_agent" / "interpreter", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "rdos_agent" / "__init__.py").touch()
    program = (
        "from rdos_agent.interpreter import Finished, start\n"
        "machine = start({'nodes': {'a': {'node_type': 'StartNode'}}})\n"
        "events = [event for now in (1.0, 2.0) for event in machine.step(now)]\n"
        "assert isinstance(events[-1], Finished), events\n"
    )
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"], check=True
    )
