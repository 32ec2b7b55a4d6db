"""What breaks in the night: processes die, Redis goes, wires hang, answers come twice, late, or from somebody else."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
from django.conf import settings as hub_settings
from django.utils import timezone

from devices.models import Command, Node
from devices.services import nodes, replies
from tests import servers
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode
from tests.devices.hub import Hub
from tests.doors.running import Running, gateway, own_database, running
from tests.people import Person, bearer

pytestmark = pytest.mark.django_db(transaction=True)


def variables(**more: str) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "rdos.settings",
        "DATABASE_URL": own_database(),
        "REDIS_URL": hub_settings.REDIS_URL,
        "RDOS_ONE_CORE": "false",
        "RDOS_NODE_KEEPALIVE_SECONDS": "1",
        **more,
    }


@contextmanager
def hub_process(**more: str) -> Iterator[Running]:
    with running(*gateway(), **variables(**more)) as process:
        yield process


def socket_of(process: Running) -> str:
    return f"ws://127.0.0.1:{process.port}/ws/node"


def post(process: Running, person: Person, path: str, body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.signed_in.access_token}"}
    return httpx.post(f"{process.url}/api/v1{path}", json=body, headers=headers, timeout=20, trust_env=False)


def new(admin: Person, url: str, name: str = "Venue") -> FakeNode:
    _, token = nodes.create(actor=admin.actor, name=name, at=timezone.now())
    return FakeNode(url).register(token)


def stop_flow(number: int = 1) -> dict[str, Any]:
    return {"action": {"type": "stop_flow", "flow_id": f"f{number}"}}


def test_a_node_on_one_process_is_commanded_from_another(admin: Person, operator: Person) -> None:
    with hub_process() as one, hub_process() as other, ExitStack() as stack:
        node = new(admin, socket_of(one))
        stack.callback(node.leave)
        with Background(lambda: post(other, operator, f"/nodes/{node.node_id}/command", stop_flow())) as asked:
            node.ack(node.command(), data={"was": "running"})
        assert asked.result.status_code == 200
        assert asked.result.json()["data"] == {"was": "running"}


def test_a_node_that_moves_to_another_process_is_closed_by_the_first(admin: Person) -> None:
    with hub_process() as one, hub_process() as other:
        node = new(admin, socket_of(one))
        newer = FakeNode(socket_of(other), node.node_id, node.secret).come_back()
        assert node.closed() == (4000, "replaced by a newer connection")
        assert row_of(newer).status == "online"
        newer.leave()
        becomes(newer, "offline")


def test_a_hub_killed_in_the_midst_of_a_command_loses_and_doubles_nothing(admin: Person, operator: Person) -> None:
    with hub_process() as first:
        node = new(admin, socket_of(first))
        told = [
            post(first, operator, f"/nodes/{node.node_id}/command?wait=0", stop_flow(number)).json()["command_id"]
            for number in range(3)
        ]
        seen = [node.command() for _ in told]
        node.ack(seen[0])
        until(lambda: Command.objects.filter(pk=told[0], status="acked").exists())
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(10)
    with hub_process() as second:
        node.url = socket_of(second)
        node.come_back()
        again = [node.command() for _ in told[1:]]
        # The node recognises them: the same ids, in the same order, and not the one it had answered.
        assert [one["command_id"] for one in again] == told[1:] == [one["command_id"] for one in seen[1:]]
        for one in [*again, *again]:
            node.ack(one)
        until(lambda: Command.objects.filter(status="acked").count() == 3)
        node.leave()
    assert list(Command.objects.order_by("number").values_list("attempts", flat=True)) == [1, 2, 2]


def test_after_a_hub_was_killed_its_nodes_are_offline_as_soon_as_the_next_looks(admin: Person) -> None:
    with hub_process() as first:
        lost, back = new(admin, socket_of(first), "Lost"), new(admin, socket_of(first), "Back")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(10)
    assert row_of(lost).status == "online"
    with hub_process() as second:
        back.url = socket_of(second)
        back.come_back()
        becomes(lost, "offline")
        assert row_of(back).status == "online"
        back.leave()


def test_commands_arrive_while_redis_is_gone(admin: Person, operator: Person) -> None:
    with servers.redis_of_its_own() as redis, ExitStack() as stack:
        one = stack.enter_context(hub_process(REDIS_URL=redis.url))
        other = stack.enter_context(hub_process(REDIS_URL=redis.url))
        node = new(admin, socket_of(one))
        stack.callback(node.leave)
        redis.stop()
        for number in range(3):
            answer = post(other, operator, f"/nodes/{node.node_id}/command?wait=0", stop_flow(number))
            assert answer.status_code == 202
        assert [node.command(15)["action"]["flow_id"] for _ in range(3)] == ["f0", "f1", "f2"]
        # And somebody who waits for the answer still gets it.
        with Background(lambda: post(other, operator, f"/nodes/{node.node_id}/command", stop_flow(4))) as asked:
            node.ack(node.command(15))
        assert asked.result.status_code == 200
        redis.start()
        with Background(lambda: post(other, operator, f"/nodes/{node.node_id}/command", stop_flow(5))) as asked:
            node.ack(node.command(15))
        assert asked.result.status_code == 200


def test_doubled_reordered_late_and_foreign_acks_change_nothing(online: Any, operator: Person, hub: Hub) -> None:
    node, other = online("One"), online("Two")
    told = [tell(operator, node, number) for number in range(3)]
    seen = [node.command() for _ in told]
    assert [one["command_id"] for one in seen] == told
    for one in seen:
        other.ack(one, success=False)
    for one in reversed(seen):
        node.ack(one)
        node.ack(one, success=False)
        node.ack(one)
    until(lambda: Command.objects.filter(status="acked").count() == 3)
    assert not Command.objects.exclude(status="acked").exists()
    cancelled = tell(operator, node, 9)
    late = node.command()
    operator.caller.post(f"/api/v1/commands/{cancelled}/cancel", {})
    node.ack(late)
    node.send("health", {"status": "ok", "version": "after the late ack"})
    until(lambda: row_of(node).software_version == "after the late ack")
    assert Command.objects.get(pk=cancelled).status == "cancelled"


def tell(operator: Person, node: FakeNode, number: int) -> str:
    answer = operator.caller.post(f"/api/v1/nodes/{node.node_id}/command?wait=0", stop_flow(number))
    return str(answer.json()["command_id"])


def test_what_waited_for_an_offline_node_comes_in_order_when_it_is_back(online: Any, operator: Person) -> None:
    node = online()
    node.leave()
    becomes(node, "offline")
    told = [tell(operator, node, number) for number in range(20)]
    node.come_back()
    assert [node.command()["command_id"] for _ in told] == told


def test_what_was_answered_502_or_504_is_never_carried_out_later(
    online: Any, operator: Person, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = online()
    url = f"{hub.url}/api/v1/nodes/{node.node_id}/command"
    headers = {"Authorization": f"Bearer {operator.signed_in.access_token}"}
    with httpx.Client(headers=headers, timeout=20, trust_env=False) as client:
        # Long enough for a slow machine to have told the node before nobody waits any more.
        with Background(lambda: client.post(f"{url}?wait=2", json=stop_flow(1))) as asked:
            node.command()
        assert asked.result.status_code == 504
        with Background(lambda: client.post(url, json=stop_flow(2))) as asked:
            node.command()
            node.vanish()
        assert asked.result.status_code == 502
        becomes(node, "offline")
        assert client.post(url, json=stop_flow(3)).status_code == 502
    node.come_back()
    kept = tell(operator, node, 4)
    assert node.command()["command_id"] == kept
    assert sorted(Command.objects.values_list("status", flat=True)) == ["cancelled", "cancelled", "cancelled", "sent"]


def test_a_clock_that_jumps_loses_nobody(online: Any, operator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    node, caller = online(), bearer(operator.token())
    real = timezone.now
    for jump in (timedelta(hours=1), timedelta(hours=-2)):
        monkeypatch.setattr("django.utils.timezone.now", lambda jump=jump: real() + jump)
        answer = caller.post(f"/api/v1/nodes/{node.node_id}/command?wait=0", stop_flow())
        command = answer.json()["command_id"]
        node.ack(node.command())
        until(lambda command=command: Command.objects.filter(pk=command, status="acked").exists())
        node.send("health", {"status": "ok", "version": str(jump)})
        until(lambda jump=jump: row_of(node).software_version == str(jump))
        assert row_of(node).status == "online"


def test_a_nodes_own_clock_is_nobodys_business(online: Any) -> None:
    node = online()
    node.send("health", {"status": "ok", "version": "1"}, timestamp="1970-01-01T00:00:00Z")
    row = until(lambda: Node.objects.filter(pk=node.node_id, last_health__isnull=False).first())
    assert abs(timezone.now() - row.last_seen_at) < timedelta(minutes=1)


def test_commands_that_nobody_answers_end_by_themselves(online: Any, operator: Person) -> None:
    node = online()
    told = tell(operator, node, 1)
    node.command()
    assert replies.expire(timezone.now() + timedelta(days=2)) == 1
    assert Command.objects.get(pk=told).status == "expired"


class Background:
    """Something asked meanwhile, whose answer is looked at when the block is over."""

    def __init__(self, ask: Callable[[], httpx.Response]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._ask = ask
        self.result: httpx.Response

    def __enter__(self) -> "Background":
        self._future = self._pool.submit(self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        self.result = self._future.result(30)
        self._pool.shutdown()


def test_whoever_waits_for_a_node_that_is_deleted_hears_it(
    online: Any, operator: Person, admin: Person, hub: Hub
) -> None:
    node = online()
    headers = {"Authorization": f"Bearer {operator.signed_in.access_token}"}
    url = f"{hub.url}/api/v1/nodes/{node.node_id}"

    def ask(path: str, **body: Any) -> httpx.Response:
        return httpx.request(
            "POST" if body else "GET", f"{url}{path}", headers=headers, timeout=20, trust_env=False, **body
        )

    with Background(lambda: ask("/command", json=stop_flow())) as told, Background(lambda: ask("/config")) as asked:
        assert {node.command()["action"]["type"] for _ in range(2)} == {"stop_flow", "get_config"}
        nodes.delete(actor=admin.actor, pk=row_of(node).pk, at=timezone.now())
    assert (told.result.status_code, asked.result.status_code) == (502, 502)


def test_what_nobody_waits_for_any_more_is_cancelled_and_its_answer_counts_for_nothing(
    online: Any, operator: Person, hub: Hub
) -> None:
    node = online()
    headers = {"Authorization": f"Bearer {operator.signed_in.access_token}", "Content-Type": "application/json"}
    with closing(HTTPConnection("127.0.0.1", hub.port, timeout=20)) as line:
        line.request("POST", f"/api/v1/nodes/{node.node_id}/command", json.dumps(stop_flow()), headers)
        given = node.command()
    until(lambda: Command.objects.filter(status="cancelled", error_code="abandoned").exists())
    node.send("command_ack", {"command_id": given["command_id"], "success": True})
    node.send("health", {"status": "ok", "version": "9"})
    until(lambda: row_of(node).software_version == "9")
    assert Command.objects.get().status == "cancelled"
