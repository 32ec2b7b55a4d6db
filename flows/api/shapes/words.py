"""What each seed calls the state of a run. Nothing behind the doors knows these words."""

from collections.abc import Mapping

from flows.choices import OPEN_EXECUTIONS, ExecutionStatus

S = ExecutionStatus
# Casare's queue, as its clients and robots say it.
QUEUE: Mapping[str, str] = {
    S.QUEUED: "pending",
    S.CLAIMED: "running",
    S.RUNNING: "running",
    S.WAITING: "running",
    S.SUCCEEDED: "completed",
    S.FAILED: "failed",
    S.TIMED_OUT: "timeout",
    S.CANCELLED: "cancelled",
}
# Casare's dashboard, which has labels for these only.
DASHBOARD: Mapping[str, str] = {**QUEUE, S.QUEUED: "queued", S.CLAIMED: "assigned"}
BLOXSERVER: Mapping[str, str] = {
    **dict.fromkeys(OPEN_EXECUTIONS, "running"),
    S.SUCCEEDED: "success",
    S.FAILED: "error",
    S.CANCELLED: "error",
    S.TIMED_OUT: "timeout",
}


def states_of(word: str, *tables: Mapping[str, str]) -> list[str]:
    """Of every table that knows the word, and of our own words."""
    found = {state for table in tables for state, said in table.items() if said == word}
    return sorted(str(state) for state in found | ({word} & set(S.values)))
