"""What people arranged for themselves: the order of tables, and where the nodes of the topology lie."""

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from accounts.access import require
from devices.access import sees
from devices.choices import PREFERENCE_KEYS, View
from devices.models import Layout, Preference
from rdos.kernel.actors import Actor
from rdos.kernel.errors import Forbidden, InvalidInput, NotFound, TooLarge

LARGEST = 50 * 1024
Positions = dict[str, dict[str, float]]


def value(*, actor: Actor, key: str) -> str:
    require(actor, "preferences.read")
    kept = Preference.objects.filter(user_id=_owner(actor), key=_known(key)).first()
    if kept is None:
        raise NotFound
    return kept.value


def keep(*, actor: Actor, key: str, value: str) -> None:
    require(actor, "preferences.update")
    owner, known = _owner(actor), _known(key)
    _bound(value.encode())
    Preference.objects.update_or_create(user_id=owner, key=known, defaults={"value": value})


def forget(*, actor: Actor, key: str) -> None:
    require(actor, "preferences.update")
    Preference.objects.filter(user_id=_owner(actor), key=_known(key)).delete()


def positions(*, actor: Actor, view: str) -> Positions:
    """Kept for every node, shown for those that the actor sees now."""
    require(actor, "preferences.read")
    layout = Layout.objects.filter(user_id=_owner(actor), view=_view(view)).first()
    kept: Positions = layout.positions if layout else {}
    return {pk: place for pk, place in kept.items() if sees(actor, UUID(pk))}


def keep_positions(*, actor: Actor, view: str, positions: Mapping[str, Any]) -> None:
    """The whole set at once."""
    require(actor, "preferences.update")
    owner, known = _owner(actor), _view(view)
    _bound(orjson.dumps(positions))
    Layout.objects.update_or_create(user_id=owner, view=known, defaults={"positions": _sound(positions)})


def forget_positions(*, actor: Actor, view: str) -> None:
    require(actor, "preferences.update")
    Layout.objects.filter(user_id=_owner(actor), view=_view(view)).delete()


def _owner(actor: Actor) -> UUID:
    """The key from the environment is nobody in particular."""
    if actor.user_id is None:
        raise Forbidden("Only a person has preferences.")
    return actor.user_id


def _known(key: str) -> str:
    if key not in PREFERENCE_KEYS:
        raise InvalidInput(errors={"key": [f"One of {', '.join(PREFERENCE_KEYS)}."]})
    return key


def _view(text: str) -> str:
    if text not in View.values:
        raise InvalidInput(errors={"view": [f"One of {', '.join(View.values)}."]})
    return text


def _bound(content: bytes) -> None:
    if len(content) > LARGEST:
        raise TooLarge(f"At most {LARGEST // 1024} KiB.")


def _sound(positions: Mapping[str, Any]) -> Positions:
    faults = {f"positions.{pk}": [fault] for pk, place in positions.items() if (fault := _fault(pk, place))}
    if faults:
        raise InvalidInput(errors=faults)
    return {str(UUID(pk)): {"x": float(place["x"]), "y": float(place["y"])} for pk, place in positions.items()}


def _fault(pk: str, place: Any) -> str:
    if not _is_uuid(pk):
        return "The id of a node is a UUID."
    if not isinstance(place, Mapping) or not all(_is_number(place.get(axis)) for axis in "xy"):
        return "A place has two finite numbers, x and y."
    return ""


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
