"""Edge encoders: they carry media flows and the ends of tunnels."""

from devices.drivers.figures import number, record, rows, total
from devices.drivers.health import plain_health
from devices.drivers.schemas import FLAG, OBJECT, TEXT, UUID, takes
from devices.drivers.shapes import CommandSpec, Driver, Figures, Items, Report

FLOW = takes(flow_id=TEXT)

LISTED = (
    CommandSpec("get_config", "Read the node's configuration"),
    CommandSpec(
        "update_config",
        "Replace the node's configuration",
        arguments=takes(config=OBJECT),
        changes_config=True,
        dangerous=True,
    ),
    CommandSpec("create_flow", "Add a flow", arguments=takes(flow=OBJECT), changes_config=True),
    CommandSpec("update_flow", "Replace a flow", arguments=takes(flow_id=TEXT, flow=OBJECT), changes_config=True),
    CommandSpec("delete_flow", "Remove a flow", arguments=FLOW, changes_config=True, dangerous=True),
    CommandSpec("start_flow", "Start a flow", arguments=FLOW),
    CommandSpec("stop_flow", "Stop a flow", arguments=FLOW),
    CommandSpec("restart_flow", "Stop a flow and start it again", arguments=FLOW),
    CommandSpec(
        "add_output", "Add an output to a flow", arguments=takes(flow_id=TEXT, output=OBJECT), changes_config=True
    ),
    CommandSpec(
        "remove_output",
        "Take an output off a flow",
        arguments=takes(flow_id=TEXT, output_id=TEXT),
        changes_config=True,
    ),
)

# Who may make tunnels or change what the hub knows of the node is decided elsewhere: nobody below admin by hand.
OURS = (
    CommandSpec(
        "create_tunnel", "Add or replace a tunnel", "admin", takes(tunnel=OBJECT), changes_config=True, offered=False
    ),
    CommandSpec(
        "delete_tunnel",
        "Remove a tunnel",
        "admin",
        takes(tunnel_id=UUID),
        changes_config=True,
        dangerous=True,
        offered=False,
    ),
    CommandSpec(
        "rotate_secret",
        "Give the node another secret",
        "admin",
        takes(new_secret=TEXT),
        waits=False,
        changes_config=True,
        dangerous=True,
        offered=False,
    ),
    CommandSpec(
        "upgrade_binary",
        "Install another version of the node's program",
        "admin",
        takes(version=TEXT, optional={"channel": TEXT}),
        waits=False,
        dangerous=True,
        offered=False,
    ),
)


def _of_version_two(noun: str) -> tuple[CommandSpec, ...]:
    """Edges whose configuration is of version 2 keep inputs and outputs beside their flows."""
    which, what = f"{noun}_id", {noun: OBJECT}
    return (
        CommandSpec(f"create_{noun}", f"Add an {noun}", arguments=takes(**what), changes_config=True, offered=False),
        CommandSpec(
            f"update_{noun}",
            f"Replace an {noun}",
            arguments=takes(**{which: TEXT}, **what),
            changes_config=True,
            offered=False,
        ),
        CommandSpec(
            f"delete_{noun}",
            f"Remove an {noun}",
            arguments=takes(**{which: TEXT}),
            changes_config=True,
            dangerous=True,
            offered=False,
        ),
    )


SWITCHES = (
    CommandSpec(
        "activate_input",
        "Switch a flow to another of its inputs",
        arguments=takes(flow_id=TEXT, input_id=TEXT),
        changes_config=True,
        offered=False,
    ),
    CommandSpec(
        "activate_output",
        "Switch an output of a flow on or off",
        arguments=takes(flow_id=TEXT, output_id=TEXT, active=FLAG),
        changes_config=True,
        offered=False,
    ),
)


def metrics(report: Report) -> Figures:
    given = record(report)
    flows, tunnels = rows(given, "flows"), rows(given, "tunnels")
    if isinstance(given.get("flows"), list):
        active, known = float(_count(flows, "running")), float(len(flows))
    else:
        active, known = number(given.get("active_flows")), number(given.get("total_flows"))
    bitrates = [number(record(flow.get("input")).get("bitrate_bps")) for flow in flows]
    bitrates += [_busier_way(record(tunnel.get("stats"))) for tunnel in tunnels]
    return [
        ("active_flows", active),
        ("total_flows", known),
        ("active_tunnels", float(_count(tunnels, "ready"))),
        ("total_tunnels", float(len(tunnels))),
        ("total_bitrate_bps", total(bitrates)),
        ("uptime_secs", number(given.get("uptime_secs"))),
    ]


def _count(found: Items, state: str) -> int:
    # Edges write their states with capitals in one place and without in another.
    count = 0
    for row in found:
        told = row.get("state")
        count += isinstance(told, str) and told.lower() == state
    return count


def _busier_way(stats: dict[str, object]) -> float:
    return max(number(stats.get("bitrate_in_bps")), number(stats.get("bitrate_out_bps")))


def items(report: Report) -> Items:
    given = record(report)
    return rows(given, "flows") + rows(given, "tunnels")


DRIVER = Driver(
    device_type="edge",
    display_name="Edge Transport Node",
    commands=(*LISTED, *OURS, *_of_version_two("input"), *_of_version_two("output"), *SWITCHES),
    metrics=metrics,
    items=items,
    health=plain_health,
    has_flows=True,
    icon="cell_tower",
)
