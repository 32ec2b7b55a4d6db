"""How a run is put into a robot's hands: with every name that some generation of robots reads."""

from typing import Any

import orjson
from django.utils import timezone

from flows.protocol import Dialect, written
from flows.services.claiming import Grant, variables_of


def assignment(dialect: Dialect, grant: Grant) -> str:
    variables = variables_of(grant)
    fields: dict[str, Any] = {
        "job_id": grant.execution_id,
        "workflow_id": grant.flow_id,
        "workflow_name": grant.flow_name,
        # As text and as it is: robots read the one or the other.
        "workflow_json": grant.content,
        "workflow_data": orjson.Fragment(grant.content or "null"),
        "variables": variables,
        "parameters": variables,
        "priority": grant.priority,
        "environment": grant.environment,
        "timeout": grant.timeout_seconds,
        "timeout_seconds": grant.timeout_seconds,
        "retry_count": grant.retry_count,
        "max_retries": grant.max_retries,
        "created_at": grant.created_at,
    }
    return written(dialect, "job_assign", timezone.now(), fields)
