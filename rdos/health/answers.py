"""How each accent tells that the hub is well."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from rdos.health.checks import Finding
from rdos.kernel.api.accents import Accent

Findings = Mapping[str, Finding]


def _stamp() -> str:
    return timezone.now().isoformat().replace("+00:00", "Z")


SERVICES = {"casare": "casare-rpa-monitoring", "bilbycast": "bilbycast-manager", "bloxserver": "bloxserver-api"}


def _ours(nats: Finding) -> Any:
    return {
        "status": "healthy",
        "service": "rdos",
        "version": settings.VERSION,
        "self_signed_cert": settings.SELF_SIGNED,
        "nats_connected": nats.healthy,
        "timestamp": _stamp(),
    }


def _bilbycast(nats: Finding) -> Any:
    return {
        "status": "ok",
        "service": SERVICES["bilbycast"],
        "version": settings.VERSION,
        "self_signed_cert": settings.SELF_SIGNED,
    }


BASIC: dict[str, Callable[[Finding], Any]] = {
    "casare": lambda nats: {"status": "healthy", "service": SERVICES["casare"]},
    "bilbycast": _bilbycast,
    "tafy": lambda nats: {"status": "healthy", "version": settings.VERSION, "nats_connected": nats.healthy},
    "bloxserver": lambda nats: {"status": "healthy", "timestamp": _stamp(), "service": SERVICES["bloxserver"]},
    "nodetool": lambda nats: "OK",
}


# The version is that of the API they know.
GREETING = {"message": "Tafy Studio Hub API", "version": "0.0.1", "docs": "/docs", "health": "/health"}


def basic(accent: Accent, nats: Finding) -> Any:
    return BASIC.get(accent.name, _ours)(nats)


def detailed(accent: Accent, findings: Findings) -> dict[str, Any]:
    healthy = all(finding.healthy for finding in findings.values())
    return {
        "status": "healthy" if healthy else "degraded",
        "service": SERVICES.get(accent.name, "rdos"),
        "version": settings.VERSION,
        "timestamp": _stamp(),
        "dependencies": {name: finding.told() for name, finding in findings.items()},
    }


def ready(findings: Findings) -> dict[str, Any]:
    """One body that tells all three: casare's `ready`, BloxServer's `status` and `checks`."""
    failing = {name: finding.error for name, finding in findings.items() if not finding.healthy}
    body: dict[str, Any] = {
        "ready": not failing,
        "status": "unhealthy" if failing else "ready",
        "timestamp": _stamp(),
        "checks": {name: "ok" if finding.healthy else finding.error for name, finding in findings.items()},
    }
    if failing:
        body["reason"] = " ".join(f"{name.capitalize()} unhealthy." for name in failing)
        body["errors"] = [f"{name}: {error}" for name, error in failing.items()]
    return body


def live() -> dict[str, Any]:
    return {"alive": True, "status": "alive", "timestamp": _stamp()}
