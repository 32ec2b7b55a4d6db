"""Two processes, one node: whoever speaks for it is in the table, and bells that come late are about somebody else."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from devices.models import Command, Node
from rdos.kernel.bells import exchange
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode
from tests.devices.test_backlog import deaf, queue
from tests.devices.test_faults import hub_process, new, post, socket_of, stop_flow
from tests.doors.running import Running
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two() -> Iterator[tuple[Running, Running]]:
    with ExitStack() as stack:
        yield stack.enter_context(hub_process()), stack.enter_context(hub_process())


def ask(process: Running, person: Person, method: str, path: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.signed_in.access_token}"}
    url = f"{process.url}/api/v1{path}"
    return httpx.request(method, url, headers=headers, timeout=20, trust_env=False, **body)


def test_a_node_is_shut_out_by_another_process_than_its_own(two: tuple[Running, Running], admin: Person) -> None:
    mine, other = two
    node = new(admin, socket_of(mine))
    path = f"/nodes/{node.node_id}"
    token = ask(other, admin, "POST", f"{path}/token").json()["registration_token"]
    assert node.closed(3) == (4002, "a new registration token was issued")

    node = FakeNode(socket_of(mine)).register(token)
    assert ask(other, admin, "DELETE", path).status_code == 204
    assert node.closed(3) == (4001, "the node was deleted")


def test_a_node_whose_time_is_over_is_closed_by_the_process_that_holds_it(
    two: tuple[Running, Running], admin: Person
) -> None:
    mine, other = two
    node = new(admin, socket_of(mine))
    Node.objects.filter(pk=node.node_id).update(expires_at="2020-01-01T00:00:00Z")
    assert ask(other, admin, "PUT", f"/nodes/{node.node_id}", json={"expires_at": "2099-01-01T00:00:00Z"}).is_success
    node.send("health", {"status": "ok", "version": "still in"})
    until(lambda: row_of(node).software_version == "still in")
    Node.objects.filter(pk=node.node_id).update(expires_at="2020-01-01T00:00:00Z")
    assert node.closed(15) == (4003, "the node has expired")
    becomes(node, "offline")


def test_the_newest_of_many_wins_wherever_it_is(two: tuple[Running, Running], admin: Person) -> None:
    node = new(admin, socket_of(two[0]))
    older = []
    for turn in range(6):
        older.append(node)
        node = FakeNode(socket_of(two[turn % 2]), node.node_id, node.secret).come_back()
    assert [one.closed(5)[0] for one in older] == [4000] * 6
    for one in older:
        one.leave()
    post(two[0], admin, f"/nodes/{node.node_id}/command?wait=0", stop_flow())
    node.ack(node.command(5))
    until(lambda: Command.objects.filter(status="acked").exists())
    assert row_of(node).status == "online"
    node.leave()
    becomes(node, "offline")


@pytest.mark.parametrize("text", ["session 6f3ad4a2-8c1c-4a77-9a5e-0f7f0d6f1b11", "close:token", "close:deleted"])
def test_a_bell_that_comes_late_closes_nobody(online: Any, text: str) -> None:
    """Such as those kept while Redis was away, about a session that has been followed by another since."""
    node = online()
    exchange().ring(f"node.{node.node_id}", text, elsewhere=False)
    node.send("health", {"status": "ok", "version": "after the bell"})
    until(lambda: row_of(node).software_version == "after the bell")
    exchange().ring(f"node.{node.node_id}", "check", elsewhere=False)
    with pytest.raises(TimeoutError):
        node.line.recv(timeout=0.5)
    assert row_of(node).status == "online"


def test_a_stopping_process_says_goodbye_and_is_gone_though_somebody_reads_nothing(admin: Person) -> None:
    with hub_process() as process:
        node, busy = new(admin, socket_of(process)), new(admin, socket_of(process), "Busy")
        busy.leave()
        becomes(busy, "offline")
        queue(busy, 200, size=90_000)
        with deaf(socket_of(process), busy.node_id, busy.secret):
            until(lambda: Command.objects.filter(status="sent").count() >= 40)
            process.process.terminate()
            assert node.closed(5)[0] == 1012
            assert process.process.wait(6) == 0
    assert set(Node.objects.values_list("status", flat=True)) == {"offline"}
