"""Where a run may go from each node."""

from dataclasses import dataclass

BODIES = {"Try": "try_body", "Catch": "catch_body", "Finally": "finally_body"} | dict.fromkeys(
    ("ForLoopStart", "WhileLoopStart"), "body"
)


def kind_of(node_type: str) -> str:
    """`If` and `IfNode` are one."""
    return node_type.strip().removesuffix("Node")


@dataclass(frozen=True)
class Connection:
    source: str
    source_port: str
    target: str
    target_port: str

    @property
    def is_flow(self) -> bool:
        return self.target_port == "exec_in"


class Flow:
    """Built from the connections that end in `exec_in`; the others carry data."""

    def __init__(self, kinds: dict[str, str], loops: dict[str, str], connections: list[Connection]) -> None:
        self._ports: dict[str, dict[str, list[str]]] = {node_id: {} for node_id in kinds}
        self._bits = {node_id: 1 << place for place, node_id in enumerate(kinds)}
        self._ids = list(kinds)
        self._joined: dict[str, tuple[str, ...]] = {}
        self._reach: dict[str, int] = {}
        for one in connections:
            if one.is_flow:
                self._ports[one.source].setdefault(one.source_port, []).append(one.target)
        self._bend(kinds, loops)
        self._reached = {target for ports in self._ports.values() for targets in ports.values() for target in targets}

    def _bend(self, kinds: dict[str, str], loops: dict[str, str]) -> None:
        """So that nothing later need think of it: what follows a loop's end follows its `completed`, and a block or
        loop without a body has what its `exec_out` leads to as one."""
        for end, start in loops.items():
            beyond = self._ports[end].pop("exec_out", [])
            completed = self._ports[start].setdefault("completed", [])
            completed.extend(target for target in beyond if target not in (start, *completed))
        for node_id, kind in kinds.items():
            ports = self._ports[node_id]
            if kind in BODIES and BODIES[kind] not in ports:
                ports[BODIES[kind]] = ports.pop("exec_out", [])

    def targets(self, node_id: str, ports: tuple[str, ...]) -> list[str]:
        return [target for port in ports for target in self._ports[node_id].get(port, ())]

    def ports(self, node_id: str) -> list[str]:
        return list(self._ports[node_id])

    def after(self, node_id: str) -> list[str]:
        """All that comes next, by whatever port."""
        return [*self.targets(node_id, tuple(self._ports[node_id])), *self._joined.get(node_id, ())]

    def join(self, node_id: str, others: tuple[str, ...]) -> None:
        """A try leads to its catch and its finally, though no connection need say so."""
        self._joined[node_id] = others
        self._reached.update(others)
        self._reach.clear()

    def leads_to(self, node_id: str) -> bool:
        return node_id in self._reached

    def touches(self, node_id: str) -> bool:
        return node_id in self._reached or any(self._ports[node_id].values())

    def reach(self, node_id: str) -> list[str]:
        mask = self.reach_mask(node_id)
        return [one for one in self._ids if mask & self._bits[one]]

    def foremost(self, pending: list[str]) -> str:
        """The first that none of the others can still lead to, so that branches which meet go on as one."""
        if len(pending) == 1:
            return pending[0]
        awaited = 0
        for one in pending:
            awaited |= self.reach_mask(one) & ~self._bits[one]
        return next((one for one in pending if not awaited & self._bits[one]), pending[0])

    def reach_mask(self, node_id: str) -> int:
        if node_id not in self._reach:
            self._reach[node_id] = self._walked(node_id)
        return self._reach[node_id]

    def _walked(self, node_id: str) -> int:
        mask, ahead = 0, self.after(node_id)
        while ahead:
            one = ahead.pop()
            if not mask & self._bits[one]:
                mask |= self._bits[one]
                ahead.extend(self.after(one))
        return mask
