"""The batches of a bridge: what thousands of messages say, stored in a few transactions."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from devices.bus_words import Sighting
from devices.services import bus_commands, bus_meeting, bus_presence, bus_states, replies
from devices.services.bus_presence import Sign
from devices.services.bus_states import State
from devices.services.commands import Reply
from rdos.kernel.batches import Batch, KeyedBatch
from rdos.kernel.intake import NODE_EVENTS, NodeEvent
from rdos.kernel.sorting import sorting_out

SIGNS_EVERY = 0.25
STATES_EVERY = 1.0
MOST_WAITING = 20_000
# The same in bytes: a bridge never holds more than some hundred megabytes, whatever anybody sends.
MOST_LARGE = 1000
# Answers to what this bridge did not send: another one may have, or nobody.
MOST_OF_OTHERS = 2000

K = TypeVar("K")
V = TypeVar("V")


class Stores:
    def __init__(self, met: Callable[[], object]) -> None:
        self._met = met
        self._loop = asyncio.get_running_loop()
        self._sightings: dict[str, Sighting] = {}
        self._sightings_kept: KeyedBatch[str, Sighting] = KeyedBatch(
            _by_key(self._meet, "sightings"), name="sightings", every=SIGNS_EVERY, most=MOST_WAITING
        )
        self._signs: dict[UUID, Sign] = {}
        self._signs_kept: KeyedBatch[UUID, Sign] = KeyedBatch(
            _by_key(bus_presence.note, "signs of life"), name="signs of life", every=SIGNS_EVERY, most=MOST_WAITING
        )
        self._states: KeyedBatch[tuple[UUID, str], State] = KeyedBatch(
            _by_key(bus_states.keep, "states"), name="states", every=STATES_EVERY, most=100_000, drop_oldest=True
        )
        self._large_states: KeyedBatch[tuple[UUID, str], State] = KeyedBatch(
            _by_key(bus_states.keep, "states"), name="large states", every=STATES_EVERY, most=MOST_LARGE
        )
        self._events: Batch[NodeEvent] = Batch(
            sorting_out(_take_events, "node events"), name="node events", most=MOST_WAITING, drop_oldest=True
        )
        self._replies: Batch[Reply] = Batch(
            sorting_out(_take_replies, "replies"), name="replies", most=MOST_WAITING, drop_oldest=True
        )
        self._unsent: Batch[tuple[UUID, str]] = Batch(
            sorting_out(_take_unsent, "unsent commands"), name="unsent commands", most=MOST_WAITING
        )
        self._answers: Batch[tuple[UUID, dict[str, Any]]] = Batch(
            sorting_out(_take_answers, "answers"), name="answers", most=MOST_WAITING
        )
        self._answers_of_others: Batch[tuple[UUID, dict[str, Any]]] = Batch(
            sorting_out(_take_answers, "answers"), name="answers to other bridges", most=MOST_OF_OTHERS
        )
        self._expected: dict[UUID, None] = {}

    def sighting(self, sighting: Sighting) -> None:
        self._sightings[sighting.key] = sighting.after(self._sightings.get(sighting.key))

    def sign(self, node_id: UUID, sign: Sign) -> None:
        self._signs[node_id] = sign.after(self._signs.get(node_id))

    def state(self, node_id: UUID, topic: str, state: State, *, is_large: bool) -> None:
        (self._large_states if is_large else self._states).add((node_id, topic), state)

    def event(self, event: NodeEvent) -> None:
        self._events.add(event)

    def reply(self, reply: Reply) -> None:
        self._replies.add(reply)

    def unsent(self, command_id: UUID, error: str) -> None:
        self._unsent.add((command_id, error))

    def expect(self, command_id: UUID) -> None:
        """Before it is published: the first answer to it has a place that no made-up one takes."""
        self._expected[command_id] = None
        if len(self._expected) > MOST_WAITING:
            del self._expected[next(iter(self._expected))]

    def answer(self, command_id: UUID, said: dict[str, Any]) -> None:
        is_mine = command_id in self._expected
        self._expected.pop(command_id, None)
        (self._answers if is_mine else self._answers_of_others).add((command_id, said))

    def hand_over(self) -> None:
        """Once a look, so that what several messages say of one node is said once."""
        sightings, self._sightings = self._sightings, {}
        for key, sighting in sightings.items():
            self._sightings_kept.add(key, sighting)
        signs, self._signs = self._signs, {}
        for node_id, sign in signs.items():
            self._signs_kept.add(node_id, sign)

    async def drain(self, seconds: float) -> None:
        ends_at = asyncio.get_running_loop().time() + seconds
        self.hand_over()
        told = (self._unsent, self._answers, self._answers_of_others, self._replies)
        states = (self._states, self._large_states)
        for batch in (*told, self._sightings_kept, self._signs_kept, *states, self._events):
            await batch.drain(max(0.0, ends_at - asyncio.get_running_loop().time()))

    def _meet(self, found: dict[str, Sighting]) -> None:
        """In a thread."""
        bus_meeting.meet(list(found.values()))
        self._loop.call_soon_threadsafe(self._met)


def _by_key(store: Callable[[dict[K, V]], object], name: str) -> Callable[[dict[K, V]], None]:
    def of_pairs(pairs: list[tuple[K, V]]) -> None:
        store(dict(pairs))

    flush = sorting_out(of_pairs, name)
    return lambda found: flush(list(found.items()))


def _take_events(items: list[NodeEvent]) -> None:
    with transaction.atomic():
        NODE_EVENTS.give(bus_states.first_alerts(items))


def _take_replies(items: list[Reply]) -> None:
    replies.take(items, timezone.now())


def _take_unsent(items: list[tuple[UUID, str]]) -> None:
    for command_id, error in items:
        bus_commands.unsent([command_id], error)


def _take_answers(items: list[tuple[UUID, dict[str, Any]]]) -> None:
    """Who answered is whoever was told, or another of the anonymous who heard it: nobody else knows that subject."""
    nodes = bus_commands.nodes_of([command_id for command_id, _ in items])
    said = [_reply(pk, nodes[pk], given) for pk, given in items if pk in nodes]
    replies.take(said, timezone.now())


def _reply(command_id: UUID, node_id: UUID, said: dict[str, Any]) -> Reply:
    return Reply(command_id=command_id, node_id=node_id, **said)
