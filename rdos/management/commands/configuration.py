"""Writes the declared variables as docs/configuration.md's table or as .env.example, so that neither goes stale."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rdos.variables import GROUPS, Variable

ENV_HEAD = """\
# Every variable the hub reads. None is needed to start: `python3 manage.py up` makes what is missing.
# Copy this file to .env and uncomment what you change. Secrets may also be given as NAME_FILE=<path>.
"""


class Command(BaseCommand):
    help = "Prints every environment variable the hub knows, as Markdown or as a .env file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--env", action="store_true", help="as a .env file")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(as_env() if options["env"] else as_markdown(), ending="")


def as_markdown() -> str:
    return "\n".join(_table(title, variables) for title, variables in GROUPS.items())


def _table(title: str, variables: tuple[Variable, ...]) -> str:
    head = f"## {title}\n\n| Variable | Default | Meaning |\n|---|---|---|\n"
    return head + "".join(f"| {_names(one)} | {_default(one)} | {_meaning(one)} |\n" for one in variables)


def _names(variable: Variable) -> str:
    also = "".join(f"<br>also `{alias}`" for alias in variable.aliases)
    return f"`{variable.name}`{also}"


def _default(variable: Variable) -> str:
    return f"`{variable.default}`" if variable.default else ""


def _meaning(variable: Variable) -> str:
    text = variable.meaning.replace("|", "\\|")
    if variable.secret:
        text += f" Secret; `{variable.name}_FILE` works too."
    if variable.refusal:
        accepted = f" other than {', '.join(f'`{word}`' for word in sorted(variable.accepted))}"
        text += f" **Refused**{accepted if variable.accepted else ''}: {variable.refusal}"
    return text


def as_env() -> str:
    return ENV_HEAD + "".join(_group(title, variables) for title, variables in GROUPS.items())


def _group(title: str, variables: tuple[Variable, ...]) -> str:
    shown = [one for one in variables if one.accepted or not one.refusal]
    return f"\n# --- {title}\n\n" + "\n".join(f"# {one.meaning}\n#{one.name}={one.default}\n" for one in shown)
