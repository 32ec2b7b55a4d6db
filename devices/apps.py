from django.apps import AppConfig
from django.conf import settings


class DevicesConfig(AppConfig):
    name = "devices"
    verbose_name = "Fleet"

    def ready(self) -> None:
        from devices import drivers

        drivers.configure(settings.DRIVERS_FILE)
