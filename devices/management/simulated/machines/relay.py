"""A relay with one tunnel of its own, and whatever tunnels it is told to let through."""

from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from devices.management.simulated.machines.machine import DONE, Action, Answer, Machine, without
from devices.management.simulated.waves import between

MEAN_BPS = 4_000_000


class Relay(Machine):
    device_type = "relay"
    version = "0.10.6-simulated"

    def __init__(self, key: str, seed: int, at: float) -> None:
        super().__init__(key, seed, at)
        self.config = {"quic_addr": "0.0.0.0:4433", "api_addr": "127.0.0.1:4480"}
        self.edges = [f"{key}-ingress", f"{key}-egress"]
        self.tunnels = [{"tunnel_id": str(uuid5(NAMESPACE_URL, key)), "status": "active"}]

    def commands(self) -> dict[str, Callable[[Action], Answer]]:
        return super().commands() | {
            "list_tunnels": lambda _: Answer(data=self.tunnels),
            "list_edges": lambda _: Answer(data=[{"edge_id": name} for name in self.edges]),
            "disconnect_edge": self._disconnect_edge,
            "authorize_tunnel": self._authorize_tunnel,
            "close_tunnel": self._close_tunnel,
            "revoke_tunnel": self._revoke_tunnel,
        }

    def _disconnect_edge(self, action: Action) -> Answer:
        if action["edge_id"] not in self.edges:
            raise KeyError(action["edge_id"])
        self.edges.remove(action["edge_id"])
        return DONE

    def _authorize_tunnel(self, action: Action) -> Answer:
        self._revoke_tunnel(action)
        self.tunnels.append({"tunnel_id": action["tunnel_id"], "status": "active"})
        return DONE

    def _close_tunnel(self, action: Action) -> Answer:
        self.tunnels = without(self.tunnels, tunnel_id=action["tunnel_id"])
        return DONE

    def _revoke_tunnel(self, action: Action) -> Answer:
        self.tunnels = [row for row in self.tunnels if row["tunnel_id"] != action["tunnel_id"]]
        return DONE

    def stats(self, at: float) -> dict[str, Any]:
        count, octets = len(self.tunnels), MEAN_BPS // 8 * self.uptime(at)
        return {
            "tunnels": [self._tunnel(row, octets) for row in self.tunnels],
            "edges": [{"edge_id": name, "remote_addr": "192.0.2.7:40000"} for name in self.edges],
            "connected_edges": len(self.edges),
            "active_tunnels": count,
            "total_tunnels": count,
            "total_bytes_ingress": octets * count,
            "total_bytes_egress": octets * count,
            "total_bytes_forwarded": octets * count,
            "total_bandwidth_bps": int(count * MEAN_BPS * between(0.7, 1.3, at, 80, self.phase)),
            "total_tcp_streams": count,
            "active_tcp_streams": count,
            "total_udp_datagrams": octets * count // 1200,
            "peak_tunnels": count,
            "peak_edges": len(self.edges),
            "connections_total": 2 + len(self.edges),
            "uptime_secs": self.uptime(at),
        }

    def _tunnel(self, row: dict[str, str], octets: int) -> dict[str, Any]:
        ends = {"ingress_edge_id": f"{self.key}-ingress", "egress_edge_id": f"{self.key}-egress"}
        stats = {"bytes_ingress": octets, "bytes_egress": octets, "tcp_streams_active": 1}
        return {**row, "protocol": "udp", **ends, "stats": stats}

    def health(self, at: float, status: str) -> dict[str, Any]:
        told = {"connected_edges": len(self.edges), "active_tunnels": len(self.tunnels), **self.config}
        return super().health(at, status) | told
