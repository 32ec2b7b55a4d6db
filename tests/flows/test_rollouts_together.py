"""Several workers move the same rollout at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Command
from flows.models import Deployment, RolloutTarget
from flows.services import rollout_steps
from tests.devices import told
from tests.devices.conftest import until
from tests.flows.deploying import flow_of
from tests.flows.rolling import begin, fleet, look, state
from tests.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


def together(many: int, work: Callable[[], object]) -> None:
    gate, faults = threading.Barrier(many), list[BaseException]()

    def run() -> None:
        try:
            gate.wait()
            work()
        except BaseException as error:  # Told in the test's own thread.
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults


def test_two_ticks_at_once_tell_a_wave_once(developer: Person) -> None:
    nodes = fleet(8)
    rollout = begin(developer, flow_of(), nodes, waves=[{"count": 2}, {"count": 3}, {"percent": 100}])
    for size in (2, 3, 3):
        letters = told.receive()
        assert len(letters) == size
        told.settle(*[told.yes(letter) for letter in letters])
        together(4, lambda: rollout_steps.look(timezone.now()))
    assert state(developer, rollout)[0] == "succeeded"
    assert Command.objects.count() == 8
    assert set(Deployment.objects.values_list("attempts", "status")) == {(0, "deployed")}


def test_answers_and_ticks_at_once_block_nobody(developer: Person) -> None:
    nodes = fleet(12)
    rollout = begin(developer, flow_of(), nodes, waves=[{"count": 1}, {"count": 2}, {"count": 3}, {"percent": 100}])
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            rollout_steps.look(timezone.now())

    def wait_for_the_end() -> None:
        try:
            until(lambda: state(developer, rollout)[0] == "succeeded", 20)
        finally:
            done.set()

    turns = iter([wait_for_the_end, tick, tick])
    lock = threading.Lock()

    def work() -> None:
        with lock:
            mine = next(turns)
        mine()

    with told.answering(lambda letter: [told.yes(letter)]) as letters:
        together(3, work)
    assert len(letters) == 12
    assert RolloutTarget.objects.filter(status="succeeded").count() == 12
    look()
