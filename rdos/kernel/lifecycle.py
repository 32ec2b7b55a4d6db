"""A status moves by one guarded UPDATE along declared arrows, and the row count says who won."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from rdos.kernel.errors import Conflict, NotFound


class WrongState(Conflict):
    """The object is not in a state that allows this."""

    code = "wrong_state"

    def __init__(self, *, present: str, wanted: str) -> None:
        self.present = present
        self.wanted = wanted
        super().__init__(f"It is {present} now and cannot become {wanted}.")


class BrokenLifecycle(Exception):
    """The declared states and arrows contradict each other."""


@dataclass(frozen=True)
class Lifecycle:
    """Which state may follow which. Checked when it is declared, so a wrong table never gets past an import."""

    arrows: Mapping[str, Iterable[str]]
    terminal: Iterable[str] = ()
    field: str = "status"

    def __post_init__(self) -> None:
        # Kept as plain words: members of a StrEnum compare equal but print differently.
        arrows = {str(state): frozenset(map(str, targets)) for state, targets in self.arrows.items()}
        object.__setattr__(self, "arrows", arrows)
        object.__setattr__(self, "terminal", frozenset(map(str, self.terminal)))
        _check(arrows, frozenset(self.terminal))

    @property
    def states(self) -> frozenset[str]:
        return frozenset(self.arrows) | frozenset(self.terminal)

    def sources(self, to: str) -> frozenset[str]:
        return frozenset(state for state, targets in self.arrows.items() if to in targets)

    def try_move(
        self, rows: type[Model] | QuerySet[Any], pk: object, *, to: str, from_: str | None = None, **changes: Any
    ) -> bool:
        """True when this call moved the row; False when the row was not where it had to be."""
        allowed = self._allowed(str(to), from_)
        found = _queryset(rows).filter(pk=pk, **{f"{self.field}__in": sorted(allowed)})
        return found.update(**{self.field: str(to)}, **changes) == 1

    def move(
        self, rows: type[Model] | QuerySet[Any], pk: object, *, to: str, from_: str | None = None, **changes: Any
    ) -> None:
        """Moves the row, or says in which state it is instead."""
        if self.try_move(rows, pk, to=to, from_=from_, **changes):
            return
        present = _queryset(rows).filter(pk=pk).values_list(self.field, flat=True).first()
        if present is None:
            raise NotFound
        raise WrongState(present=str(present), wanted=str(to))

    def _allowed(self, to: str, from_: str | None) -> frozenset[str]:
        sources = self.sources(to)
        allowed = sources if from_ is None else sources & {str(from_)}
        if not allowed:
            raise BrokenLifecycle(f"No arrow leads from {from_ or 'any state'} to {to}.")
        return allowed


def _queryset(rows: type[Model] | QuerySet[Any]) -> QuerySet[Any]:
    return rows if isinstance(rows, QuerySet) else rows._default_manager.all()


def _check(arrows: Mapping[str, frozenset[str]], terminal: frozenset[str]) -> None:
    unknown = frozenset().union(*arrows.values()) - frozenset(arrows) - terminal
    if unknown:
        raise BrokenLifecycle(f"Arrows lead to undeclared states: {', '.join(sorted(unknown))}.")
    leaving = sorted(state for state in terminal if arrows.get(state))
    if leaving:
        raise BrokenLifecycle(f"Terminal states have arrows out: {', '.join(leaving)}.")
    stuck = sorted(state for state, targets in arrows.items() if not targets and state not in terminal)
    if stuck:
        raise BrokenLifecycle(f"States without a way out must be terminal: {', '.join(stuck)}.")
