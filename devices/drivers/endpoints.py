"""Reads the flows and their ends out of an edge's configuration, of either version."""

from collections.abc import Iterable, Mapping
from typing import Any

from devices.drivers.figures import record, rows

OF_AN_INPUT = ("mode", "local_addr", "bind_addr", "remote_addr", "listen_addr")
OF_AN_OUTPUT = ("id", "name", "mode", "local_addr", "remote_addr", "dest_addr")

Row = dict[str, Any]


def flows_of(config: Mapping[str, Any]) -> list[Row]:
    """Whatever is not as expected is left out; nothing here raises."""
    given = record(config)
    inputs, outputs = _by_id(given, "inputs"), _by_id(given, "outputs")
    flows = (flow for flow in rows(given, "flows") if isinstance(flow.get("id"), str))
    return [_flow(flow, inputs, outputs) for flow in flows]


def _flow(flow: Row, inputs: Mapping[str, Row], outputs: Mapping[str, Row]) -> Row:
    name, enabled = flow.get("name"), flow.get("enabled")
    sinks = rows(flow, "outputs") or _chosen(flow, "output_ids", outputs)
    return {
        "flow_id": flow["id"],
        "flow_name": name if isinstance(name, str) else flow["id"],
        "enabled": enabled if isinstance(enabled, bool) else True,
        "input": _end(_source(flow, inputs), OF_AN_INPUT),
        "outputs": [_end(sink, OF_AN_OUTPUT) for sink in sinks],
    }


def _source(flow: Row, inputs: Mapping[str, Row]) -> Row:
    """Version 2 gives a flow several inputs, of which one is active."""
    embedded = record(flow.get("input"))
    if embedded:
        return embedded
    candidates = _chosen(flow, "input_ids", inputs)
    active = (source for source in candidates if source.get("active") is True)
    return next(active, candidates[0] if candidates else {})


def _chosen(flow: Row, key: str, known: Mapping[str, Row]) -> list[Row]:
    ids = flow.get(key)
    wanted = ids if isinstance(ids, list) else []
    return [known[one] for one in wanted if isinstance(one, str) and one in known]


def _by_id(config: Row, key: str) -> dict[str, Row]:
    return {row["id"]: row for row in rows(config, key) if isinstance(row.get("id"), str)}


def _end(end: Row, keys: Iterable[str]) -> Row:
    kind = end.get("type")
    copied = {key: end[key] for key in keys if isinstance(end.get(key), str)}
    return {"type": kind if isinstance(kind, str) else "unknown", **copied}
