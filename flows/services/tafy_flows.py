"""Flows with Tafy's rules: each edit that names a field is a version of its own, and another configuration is deployed
nowhere until it is deployed. A configuration is any object: what a Node-RED cannot take, it refuses itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flows.access import flow_for
from flows.choices import FlowKind, FlowStatus
from flows.errors import InvalidDefinition, NobodyTold
from flows.models import Flow
from flows.services import deployments, flows, versions
from flows.services.deploying import Skipped
from flows.services.targets import Choice
from rdos.kernel.actors import Actor

MOST_NAMED = 10


def create(*, actor: Actor, config: Any, **fields: Any) -> Flow:
    """Born running: it does nothing before it is deployed."""
    told: Any = {"kind": FlowKind.NODERED, "status": FlowStatus.RUNNING, "as_it_is": True}
    with _named():
        return flows.create(actor=actor, content=config, **told, **fields)


@transaction.atomic
def update(*, actor: Actor, pk: UUID, fields: Mapping[str, Any], at: datetime) -> Flow:
    flow = flow_for(actor, pk, "flows.update", hold=True)
    if not fields:
        return flow
    since = flow.deployed_at
    content = fields["config"] if "config" in fields else content_of(flow)
    rest = {name: value for name, value in fields.items() if name != "config"}
    with _named():
        edited = flows.update(actor=actor, pk=pk, at=at, fields=rest, content=content, anew=True, as_it_is=True)
    if "config" not in fields and since is not None:
        edited.deployed_at = since
        edited.save(update_fields=["deployed_at"])
    return edited


@transaction.atomic
def deploy(*, actor: Actor, pk: UUID, choice: Choice, force: bool, at: datetime) -> Flow:
    """Tafy's answer has no place for those who cannot be told; when nobody can, nothing is done."""
    told = deployments.deploy(actor=actor, pk=pk, at=at, choice=choice, force=force)
    if not told.deployments and not told.awaited:
        raise NobodyTold(" ".join(_sentence(one) for one in told.skipped[:MOST_NAMED]))
    return told.flow


def _sentence(one: Skipped) -> str:
    return f"{one['node_name']}: {one['reason']}"


@contextmanager
def _named() -> Iterator[None]:
    """What is wrong with a definition, by the field that its clients sent it in."""
    try:
        yield
    except InvalidDefinition as refusal:
        errors = {f"config.{place}": texts for place, texts in (refusal.errors or {}).items()}
        kinds = {f"config.{place}": kind for place, kind in refusal.kinds.items()}
        raise InvalidDefinition(refusal.detail, errors=errors, kinds=kinds) from refusal


def content_of(flow: Flow) -> Any:
    return versions.content_of(flow, flow.current) if flow.current else {}
