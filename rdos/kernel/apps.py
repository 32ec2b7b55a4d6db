from django.apps import AppConfig
from django.core.checks import Tags, register


class KernelConfig(AppConfig):
    """What every app stands on; it knows none of them."""

    name = "rdos.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from rdos.kernel import instants
        from rdos.kernel.master_key import check_on_start

        register(check_on_start, Tags.database)
        instants.read_quickly()
