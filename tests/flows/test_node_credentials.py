"""A node that is known already works with its own secret, and needs no second key."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices import signatures
from devices.models import Node
from tests.flows.story import flow_that_runs, run_of
from tests.people import Caller, Person

pytestmark = pytest.mark.django_db
CLAIM = "/api/v1/jobs/claim"
SECRET = signatures.new_secret()


def node(**fields: object) -> Node:
    given = {"secret_digest": signatures.digest(SECRET), "status": "offline", **fields}
    return Node.objects.create(key="arm-7", name="Arm 7", device_type="robot", **given)


def shown(pk: object, secret: str = SECRET) -> Caller:
    return Caller(headers={"x-api-key": f"node:{pk}:{secret}"})


def test_its_secret_makes_it_the_robot_of_its_key() -> None:
    row, run = node(), run_of(flow_that_runs())
    assert shown(row.pk).post(CLAIM, {}).json()["job_id"] == str(run)
    assert shown(row.pk).get("/api/v1/auth/me").json()["user_id"] == "arm-7"


def test_during_a_rotation_both_secrets_are_good() -> None:
    new = signatures.new_secret()
    row = node(next_secret_digest=signatures.digest(new))
    assert [shown(row.pk, secret).post(CLAIM, {}).status_code for secret in (SECRET, new)] == [200, 200]


def test_any_other_secret_opens_nothing() -> None:
    row = node()
    Node.objects.create(key="no-secret", name="No secret", status="offline")
    other = Node.objects.get(key="no-secret")
    wrong = [f"node:{row.pk}:{'0' * 64}", f"node:{row.pk}:", f"node:{other.pk}:", "node::", f"node:x:{SECRET}", "node:"]
    for key in wrong:
        assert Caller(headers={"x-api-key": key}).post(CLAIM, {}).status_code == 401, key


def test_an_expired_node_has_no_credential() -> None:
    row = node(expires_at=timezone.now() - timedelta(seconds=1))
    assert shown(row.pk).post(CLAIM, {}).status_code == 401


def test_a_node_reads_nothing_that_is_not_a_robots(viewer: Person) -> None:
    assert shown(node().pk).get("/api/v1/nodes").status_code == 403
