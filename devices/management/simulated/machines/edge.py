"""An edge encoder with two flows, and whatever flows and tunnels it is given."""

from collections.abc import Callable
from typing import Any

from devices.management.simulated.machines.machine import DONE, Action, Answer, Machine, one, without
from devices.management.simulated.waves import between, wave

PACKET = 1316
MEAN_BPS = 6_000_000


class Edge(Machine):
    device_type = "edge"
    version = "0.106.0-simulated"
    protocol_version = 4

    def __init__(self, key: str, seed: int, at: float) -> None:
        super().__init__(key, seed, at)
        self.config = {
            "version": 2,
            "device_name": key,
            "inputs": [_input(1), _input(2)],
            "outputs": [_output(1), _output(2)],
            "flows": [_flow(1, "Camera"), _flow(2, "Return")],
            "tunnels": [],
        }
        self.stopped = {"flow-2"} if self.phase < 0.3 else set()

    def commands(self) -> dict[str, Callable[[Action], Answer]]:
        return super().commands() | {
            "create_flow": self._create_flow,
            "update_flow": self._update_flow,
            "delete_flow": self._delete_flow,
            "start_flow": self._start_flow,
            "stop_flow": self._stop_flow,
            "restart_flow": self._start_flow,
            "add_output": self._add_output,
            "remove_output": self._remove_output,
            "create_tunnel": self._create_tunnel,
            "delete_tunnel": self._delete_tunnel,
        }

    def _create_flow(self, action: Action) -> Answer:
        flow = action["flow"]
        if any(row.get("id") == flow["id"] for row in self.config["flows"]):
            return Answer(False, f"Flow {flow['id']} exists already", "validation_error")
        self.config["flows"].append(flow)
        return DONE

    def _update_flow(self, action: Action) -> Answer:
        self.config["flows"] = without(self.config["flows"], id=action["flow_id"])
        self.config["flows"].append({**action["flow"], "id": action["flow_id"]})
        return DONE

    def _delete_flow(self, action: Action) -> Answer:
        self.config["flows"] = without(self.config["flows"], id=action["flow_id"])
        self.stopped.discard(action["flow_id"])
        return DONE

    def _start_flow(self, action: Action) -> Answer:
        self.stopped.discard(one(self.config["flows"], action["flow_id"])["id"])
        return DONE

    def _stop_flow(self, action: Action) -> Answer:
        self.stopped.add(one(self.config["flows"], action["flow_id"])["id"])
        return DONE

    def _add_output(self, action: Action) -> Answer:
        flow = one(self.config["flows"], action["flow_id"])
        self.config["outputs"].append(action["output"])
        flow["output_ids"] = [*flow.get("output_ids", []), action["output"]["id"]]
        return DONE

    def _remove_output(self, action: Action) -> Answer:
        flow = one(self.config["flows"], action["flow_id"])
        flow["output_ids"].remove(action["output_id"])
        return DONE

    def _create_tunnel(self, action: Action) -> Answer:
        tunnel = action["tunnel"]
        others = [row for row in self.config["tunnels"] if row["id"] != tunnel["id"]]
        self.config["tunnels"] = [*others, tunnel]
        return DONE

    def _delete_tunnel(self, action: Action) -> Answer:
        self.config["tunnels"] = without(self.config["tunnels"], id=action["tunnel_id"])
        return DONE

    def stats(self, at: float) -> dict[str, Any]:
        flows = [self._flow(flow, at, place) for place, flow in enumerate(self.config["flows"])]
        return {
            "flows": flows,
            "tunnels": [self._tunnel(tunnel, at) for tunnel in self.config["tunnels"]],
            "uptime_secs": self.uptime(at),
            "active_flows": sum(flow["state"] == "Running" for flow in flows),
            "total_flows": len(flows),
            "system_resources": {
                "cpu_percent": round(between(8, 70, at, 240, self.phase), 1),
                "ram_percent": round(between(30, 55, at, 900, self.phase), 1),
            },
        }

    def _flow(self, flow: dict[str, Any], at: float, place: int) -> dict[str, Any]:
        running = flow.get("id") not in self.stopped and flow.get("enabled", True)
        bps = int(MEAN_BPS * between(0.8, 1.2, at, 45, self.phase + place / 7)) if running else 0
        octets = MEAN_BPS // 8 * self.uptime(at)
        lost = self.uptime(at) // 40
        return {
            "flow_id": flow.get("id"),
            "flow_name": flow.get("name"),
            "state": "Running" if running else "Idle",
            "health": "Warning" if running and wave(at, 300, self.phase) > 0.97 else "Healthy",
            "input": {
                "input_type": "srt",
                "state": "connected" if running else "idle",
                "mode": "listener",
                "bitrate_bps": bps,
                "bytes_received": octets,
                "packets_received": octets // PACKET,
                "packets_lost": lost,
            },
            "outputs": [
                {
                    "output_id": name,
                    "output_type": "udp",
                    "state": "active" if running else "idle",
                    "bitrate_bps": bps,
                    "bytes_sent": octets,
                    "packets_sent": octets // PACKET,
                    "packets_dropped": lost // 4,
                }
                for name in flow.get("output_ids", [])
            ],
            "uptime_secs": self.uptime(at) if running else 0,
        }

    def _tunnel(self, tunnel: dict[str, Any], at: float) -> dict[str, Any]:
        bps = int(between(1e6, 3e6, at, 60, self.phase))
        octets = 250_000 * self.uptime(at)
        told = {name: tunnel.get(name) for name in ("id", "name", "protocol", "mode", "direction", "local_addr")}
        return told | {
            "state": "ready",
            "stats": {
                "bitrate_in_bps": bps,
                "bitrate_out_bps": bps,
                "bytes_received": octets,
                "bytes_sent": octets,
                "connections_active": 1,
                "connections_total": 1,
            },
        }

    def health(self, at: float, status: str) -> dict[str, Any]:
        flows = self.config["flows"]
        active = sum(flow.get("id") not in self.stopped for flow in flows)
        told = {"active_flows": active, "total_flows": len(flows), "api_addr": "127.0.0.1:8080", "monitor_addr": None}
        return super().health(at, status) | told


def _input(number: int) -> dict[str, Any]:
    listens = {"type": "srt", "mode": "listener", "local_addr": f"0.0.0.0:{9000 + number}"}
    return {"id": f"input-{number}", "name": f"SRT {number}", **listens}


def _output(number: int) -> dict[str, Any]:
    return {"id": f"output-{number}", "name": f"UDP {number}", "type": "udp", "dest_addr": f"192.0.2.{number}:5000"}


def _flow(number: int, name: str) -> dict[str, Any]:
    ends = {"input_ids": [f"input-{number}"], "output_ids": [f"output-{number}"]}
    return {"id": f"flow-{number}", "name": name, "enabled": True, **ends}
