from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class RdosConfig(AppConfig):
    """Composition: it gathers the apps, and belongs to none of them."""

    name = "rdos"

    def ready(self) -> None:
        # The Celery app must exist in every process, or shared tasks would go to a default broker.
        import rdos.celery  # noqa: F401
        from rdos import credentials, intake

        credentials.connect()
        intake.connect()


class ConsoleConfig(AdminConfig):
    default_site = "rdos.console.site.Console"

    def ready(self) -> None:
        super().ready()
        from django.contrib.admin import site

        from rdos.console.furniture import furnish
        from rdos.health.panel import lights

        furnish(site, lights)
