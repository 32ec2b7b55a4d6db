"""Where the console shows what, and how a list is opened at its rows."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse


def node_place(pk: object) -> str:
    return f"/nodes/{pk}"


def flow_place(pk: object) -> str:
    return reverse("admin:flows_flow_change", args=(pk,))


def flow_page(name: str, flow: Any, *arguments: object) -> str:
    return reverse(f"admin:flows_flow_{name}", args=(flow.pk, *arguments))


def deployment_place(name: str, deployment: Any) -> str:
    return reverse(f"admin:flows_flow_deployment_{name}", args=(deployment.flow_id, deployment.pk))


def execution_place(pk: object) -> str:
    return reverse("admin:flows_execution_change", args=(pk,))


def robot_place(pk: object) -> str:
    return reverse("admin:flows_robot_change", args=(pk,))


def rollout_place(pk: object) -> str:
    return reverse("admin:flows_rollout_change", args=(pk,))


def list_of(noun: str, **filters: str) -> str:
    """The rows of a noun that fit, such as `list_of("execution", status="queued")`."""
    place = reverse(f"admin:flows_{noun}_changelist")
    return f"{place}?{urlencode(filters)}" if filters else place


def is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
