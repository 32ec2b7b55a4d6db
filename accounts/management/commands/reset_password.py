"""A new password for somebody who lost theirs; whoever can run this already holds the hub."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.management.commands.setup import asked_twice, in_words
from accounts.queries import find_by_name
from accounts.services import logins, passwords, second_factors
from rdos.kernel.errors import DomainError
from rdos.kernel.journal import SYSTEM


class Command(BaseCommand):
    help = "Sets a user's password and ends all their logins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--generate", action="store_true", help="invent a password and print it once")
        parser.add_argument("--remove-second-factor", action="store_true", help="for a lost phone")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_by_name(options["username"])
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        password = passwords.generate() if options["generate"] else asked_twice()
        at = timezone.now()
        try:
            passwords.insist(password, username=user.username)
        except DomainError as error:
            raise CommandError(in_words(error)) from error
        passwords.put(user=user, password=password, who=SYSTEM, at=at)
        ended = logins.revoke_all(user=user, because="password_reset", at=at)
        if options["remove_second_factor"]:
            second_factors.remove(who=SYSTEM, user=user)
        self.stdout.write(f"Password set; {ended} logins ended.")
        if options["generate"]:
            self.stdout.write(f"The new password, shown this once: {password}")
