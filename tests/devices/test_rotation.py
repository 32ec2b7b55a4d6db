"""A node gets a new secret and is never locked out by it, however its rotations end."""

from typing import Any

import pytest

from devices.models import Command
from tests.devices import told
from tests.devices.conftest import becomes, row_of, until
from tests.devices.fake_node import FakeNode
from tests.people import Person

ROTATE = {"action": {"type": "rotate_secret"}}


def rotate(admin: Person, node: FakeNode, query: str = "?wait=0") -> Any:
    return admin.caller.post(told.command_url(row_of(node).pk) + query, ROTATE)


def settled(status: str) -> None:
    until(lambda: Command.objects.filter(status=status).exists())


def test_a_second_rotation_waits_until_the_secret_of_the_first_was_shown(online: Any, admin: Person) -> None:
    """The running program goes on with its old secret; only its file knows the new one."""
    node = online()
    assert rotate(admin, node).status_code == 202
    first = node.command()
    under_way = rotate(admin, node)
    assert (under_way.status_code, under_way.json()["code"]) == (409, "rotation_under_way")
    node.ack(first)
    settled("acked")
    assert rotate(admin, node).status_code == 409
    node.leave()
    node.come_back()
    assert rotate(admin, node).status_code == 409
    node.leave()

    node.secret = first["action"]["new_secret"]
    node.come_back()
    assert rotate(admin, node).status_code == 202
    node.ack(node.command())


def test_a_rotation_that_was_refused_or_not_answered_may_be_tried_again(online: Any, admin: Person) -> None:
    node = online()
    rotate(admin, node)
    node.ack(node.command(), success=False)
    settled("rejected")
    told_id = rotate(admin, node).json()["command_id"]
    node.command()
    assert admin.caller.post(f"/api/v1/commands/{told_id}/cancel", {}).status_code == 200
    assert rotate(admin, node).status_code == 202
    last = node.command()
    node.ack(last)
    settled("acked")
    node.leave()
    becomes(node, "offline")
    node.come_back().leave()
    node.secret = last["action"]["new_secret"]
    node.come_back()


@pytest.mark.parametrize("shown", ["old", "new"])
def test_a_rotation_whose_answer_was_lost_leaves_both_secrets_good(online: Any, admin: Person, shown: str) -> None:
    node = online()
    rotate(admin, node, "?wait=0&ttl=60")
    told_secret = node.command()["action"]["new_secret"]
    node.vanish()
    becomes(node, "offline")
    node.secret = told_secret if shown == "new" else node.secret
    node.come_back()
