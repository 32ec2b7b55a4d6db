"""What Prometheus reads. Everything is asked at the moment of the scrape, so every process tells the same."""

from collections.abc import Mapping

from django.conf import settings
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, Info, generate_latest

from accounts.models import ApiToken, Login, User
from accounts.queries import locked_pairs
from rdos.health import checks
from rdos.kernel.models import JournalEntry


def exposition() -> bytes:
    registry = CollectorRegistry()
    Info("rdos", "The hub.", registry=registry).info({"version": settings.VERSION})
    findings = checks.everything()
    _health(registry, findings)
    if findings["database"].healthy:
        _accounts(registry)
    return generate_latest(registry)


def _health(registry: CollectorRegistry, findings: Mapping[str, checks.Finding]) -> None:
    up = Gauge("rdos_dependency_up", "1 when the hub reaches it.", ["dependency"], registry=registry)
    took = Gauge("rdos_dependency_seconds", "How long it took to answer.", ["dependency"], registry=registry)
    for name, finding in findings.items():
        up.labels(name).set(finding.healthy)
        took.labels(name).set(finding.milliseconds / 1000)


def _accounts(registry: CollectorRegistry) -> None:
    now = timezone.now()
    figures = {
        "rdos_users_active": ("Users that may sign in.", User.objects.filter(is_active=True).count()),
        "rdos_logins_open": ("Open logins.", Login.objects.filter(revoked_at=None, expires_at__gt=now).count()),
        "rdos_tokens_open": ("Unrevoked tokens.", ApiToken.objects.filter(revoked_at=None).count()),
        "rdos_login_locks": ("Locked pairs of address and account.", locked_pairs(now).count()),
        "rdos_journal_unsealed": ("Unsealed journal entries.", JournalEntry.objects.filter(position=None).count()),
    }
    for name, (text, value) in figures.items():
        Gauge(name, text, registry=registry).set(value)
