"""Drivers that other installed packages bring along."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points

from devices.drivers.errors import UnusableDriver
from devices.drivers.shapes import Driver

GROUP = "rdos.drivers"


def load() -> Iterator[tuple[str, Driver]]:
    """By name of the plug-in, so that their order does not depend on how they were installed."""
    for plugin in sorted(entry_points(group=GROUP), key=lambda plugin: (plugin.name, plugin.value)):
        source = f"The plug-in {plugin.name}"
        for driver in _drivers(plugin, source):
            yield source, driver


def _drivers(plugin: EntryPoint, source: str) -> list[Driver]:
    try:
        loaded = plugin.load()
    # Somebody else's code runs here and may fail in any way; the hub says which it was.
    except Exception as error:
        raise UnusableDriver(f"{source} cannot be loaded: {type(error).__name__}: {error}") from error
    found = list(loaded) if isinstance(loaded, list | tuple) else [loaded]
    for driver in found:
        if not isinstance(driver, Driver):
            raise UnusableDriver(f"{source} must give a Driver or a list of them, not {type(driver).__name__}.")
    return found
