"""Which node comes next. Branches run one after the other, each to its end, and go on as one where they meet."""

from .blocks import Block
from .errors import InterpreterError, LimitExceeded, StepError
from .frames import BODY, CATCH, FINALLY, LOOP, TRY, Error, Frame
from .graph import Graph

# Where a node's flow goes on when it failed and that is no matter.
AFTER_FAILURE = ("exec_out", "completed", "default")


class Route:
    """`fetched` is what runs now: the data nodes that somebody reads, then the one who reads."""

    def __init__(self, graph: Graph, frames: list[Frame], fetched: list[str], nesting: int) -> None:
        self.graph, self.frames, self.fetched, self._nesting = graph, frames, fetched, nesting

    def next(self) -> str | None:
        """None at the end. Raises the error that goes on after its finally, if nobody else takes it."""
        while self.frames and not self.fetched:
            frame = self.frames[-1]
            if frame.agenda:
                one = self.graph.flow.foremost(frame.agenda)
                frame.agenda.remove(one)
                self._fetch(one)
            elif frame.kind == LOOP:
                self._fetch(frame.owner)
            elif frame.kind == TRY:
                self._turn(frame)
            else:
                self.frames.pop()
        return self.fetched.pop(0) if self.fetched else None

    def _fetch(self, node_id: str) -> None:
        self.fetched = [*self.graph.needs(node_id), node_id]

    def follow(self, node_id: str, ports: tuple[str, ...], *, again: bool = False) -> None:
        """`again`: what comes now is the body of a loop, and then this node once more."""
        targets = self.graph.flow.targets(node_id, ports)
        if node_id in self.graph.blocks:
            self._open(Frame(TRY, node_id, phase=BODY))
        elif again and not self._is_top(node_id):
            self._open(Frame(LOOP, node_id))
        elif not again and self._is_top(node_id):
            self.frames.pop()
        self._enter(targets)

    def skip(self, node_id: str) -> None:
        """Past a node that failed."""
        self.follow(node_id, AFTER_FAILURE)

    def fail(self, error: Error) -> bool:
        """Whether a block takes the error. If so, all that was open inside it is given up."""
        taking = next((place for place in reversed(range(len(self.frames))) if self._takes(place, error)), None)
        if taking is None:
            return False
        del self.frames[taking + 1 :]
        self.fetched = []
        frame, block = self.frames[taking], self._block(self.frames[taking])
        caught = frame.phase == BODY and block.catches(error["type"])
        frame.phase, frame.agenda = (CATCH, [block.catch]) if caught else (FINALLY, [block.final])
        frame.error, frame.caught = error, False
        return True

    def _takes(self, place: int, error: Error) -> bool:
        frame = self.frames[place]
        if frame.kind != TRY or frame.phase == FINALLY:
            return False
        block = self._block(frame)
        return bool(block.final) or (frame.phase == BODY and block.catches(error["type"]))

    def _turn(self, frame: Frame) -> None:
        """A phase of a block is over."""
        block = self._block(frame)
        frame.caught = frame.caught or frame.phase == CATCH
        if block.final and frame.phase != FINALLY:
            frame.phase, frame.agenda = FINALLY, [block.final]
            return
        self.frames.pop()
        if frame.error and not frame.caught:
            self._go_on_failing(frame.error, frame.owner)
        else:
            self._enter(self.graph.beyond(frame.owner))

    def _go_on_failing(self, error: Error, owner: str) -> None:
        if self.fail(error):
            return
        if self.graph.stop_on_error:
            raise Uncaught(error)
        self._enter(self.graph.beyond(owner))

    def _enter(self, targets: list[str]) -> None:
        """Flow ends where another branch is bound for already, and so it does where an open loop or block goes by
        itself, now or when it is over."""
        closed = [self.graph.closed_by(frame.owner) for frame in self.frames if frame.owner]
        closed += [{*frame.agenda} for frame in self.frames if frame.agenda]
        fresh = [one for one in dict.fromkeys(targets) if not any(one in inside for inside in closed)]
        self.frames[-1].agenda[:0] = fresh

    def _open(self, frame: Frame) -> None:
        if len(self.frames) >= self._nesting:
            raise LimitExceeded(f"Loops and blocks may be nested {self._nesting} deep at most.")
        self.frames.append(frame)

    def _is_top(self, node_id: str) -> bool:
        return self.frames[-1].kind == LOOP and self.frames[-1].owner == node_id

    def _block(self, frame: Frame) -> Block:
        return self.graph.blocks[frame.owner]

    def loops(self) -> list[str]:
        """The open ones, the innermost last."""
        return [frame.owner for frame in self.frames if frame.kind == LOOP]

    def block_told(self, node_id: str) -> dict[str, Error | None] | None:
        """What the catch or the finally of the innermost block is told, while it is its turn."""
        frame = self.frames[-1]
        if frame.kind != TRY or node_id not in self._block(frame).members:
            return None
        return {"error": frame.error}


class Uncaught(StepError):
    def __init__(self, error: Error) -> None:
        super().__init__(error["message"], error["type"])
        self.node_id = error["node_id"]


def error_of(node_id: str, error: InterpreterError) -> Error:
    return {"message": error.message, "type": error.error_type, "node_id": node_id}
