"""Relay servers: they join the two ends of a tunnel that cannot reach each other."""

from devices.drivers.figures import named, record, rows
from devices.drivers.health import plain_health
from devices.drivers.schemas import OBJECT, TEXT, UUID, takes
from devices.drivers.shapes import CommandSpec, Driver, Items, Report

TUNNEL = takes(tunnel_id=UUID)

COMMANDS = (
    CommandSpec("get_config", "Read the relay's configuration"),
    CommandSpec("list_tunnels", "List the tunnels it carries"),
    CommandSpec("list_edges", "List the edges that are connected"),
    CommandSpec("disconnect_edge", "Disconnect an edge", "admin", takes(edge_id=TEXT), dangerous=True),
    CommandSpec("close_tunnel", "Close a tunnel", "admin", TUNNEL, dangerous=True),
    CommandSpec(
        "authorize_tunnel",
        "Let the two ends of a tunnel bind",
        "admin",
        takes(tunnel_id=UUID, ingress_token=TEXT, egress_token=TEXT),
    ),
    CommandSpec("revoke_tunnel", "Let nobody bind a tunnel any more", "admin", TUNNEL, dangerous=True),
    CommandSpec("list_udp_sessions", "List the UDP sessions it carries", offered=False),
    CommandSpec("close_udp_session", "Close a UDP session", "admin", TUNNEL, dangerous=True, offered=False),
    CommandSpec(
        "configure_distribution",
        "Change how it serves viewers",
        "admin",
        OBJECT,
        changes_config=True,
        dangerous=True,
        offered=False,
    ),
    CommandSpec(
        "rotate_secret",
        "Give the relay another secret",
        "admin",
        takes(new_secret=TEXT),
        waits=False,
        changes_config=True,
        dangerous=True,
        offered=False,
    ),
)

METRICS = (
    "active_tunnels",
    "total_tunnels",
    "connected_edges",
    "total_bytes_ingress",
    "total_bytes_egress",
    "total_bytes_forwarded",
    "total_bandwidth_bps",
    "total_tcp_streams",
    "active_tcp_streams",
    "total_udp_datagrams",
    "peak_tunnels",
    "peak_edges",
    "connections_total",
    "uptime_secs",
)


def items(report: Report) -> Items:
    return rows(record(report), "tunnels")


DRIVER = Driver(
    device_type="relay",
    display_name="Relay Server",
    commands=COMMANDS,
    metrics=named(*METRICS),
    items=items,
    health=plain_health,
    icon="swap_horiz",
)
