"""The first super admin, asked for at a terminal."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.passwords import ADVICE
from accounts.services.provisioning import first_admin
from rdos.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Makes the first super admin of an empty hub; refuses when there is one already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username")
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"] or input("Username [admin]: ").strip() or "admin"
        self.stdout.write(ADVICE)
        password = asked_twice()
        try:
            user, _ = first_admin(username=username, email=options["email"], password=password)
        except DomainError as error:
            raise CommandError(in_words(error)) from error
        if user is None:
            raise CommandError("This hub already has a super admin. Use `manage.py reset-password` instead.")
        self.stdout.write(self.style.SUCCESS(f"{user.username} may sign in now."))


def asked_twice() -> str:
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two are not the same.")
    return password


def in_words(error: DomainError) -> str:
    return " ".join([error.detail, *(text for texts in (error.errors or {}).values() for text in texts)])
