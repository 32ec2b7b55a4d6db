"""`up` calls this at every start: an empty hub gets its first super admin, a wrong master key is noticed."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.provisioning import first_admin
from rdos.environment import load
from rdos.kernel.master_key import check_master_key


class Command(BaseCommand):
    help = "Makes the first super admin if there is none, and prints one JSON line about it."

    def handle(self, *args: Any, **options: Any) -> None:
        check_master_key()
        env = load()
        username = env.text("RDOS_ADMIN_USERNAME")
        user, invented = first_admin(
            username=username, email=env.text("RDOS_ADMIN_EMAIL"), password=env.text("RDOS_ADMIN_PASSWORD")
        )
        facts = {"created": user is not None, "username": username, "password": invented or None}
        self.stdout.write(json.dumps(facts))
