"""Running scripts: only those of the agent's own folder, and within their limits."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devices.agents import TOKEN, Agent, Visit, agent, connected, hub, script, until


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def both(state: Path) -> Iterator[tuple[Agent, Visit]]:
    with connected(state) as found:
        yield found


@pytest.fixture
def visit(both: tuple[Agent, Visit]) -> Visit:
    found = both[1]
    found.next("health")
    return found


def test_a_script_runs_with_its_arguments_as_they_are(visit: Visit, state: Path) -> None:
    script(state, "greet.sh", 'echo "$# $1 $2"; echo trouble >&2')
    ack = visit.do("run", script="greet.sh", arguments=["a b; exit 3", "$HOME"])
    assert (ack["success"], ack["error"]) == (True, None)
    assert ack["data"]["stdout"] == "2 a b; exit 3 $HOME\n"
    assert ack["data"]["stderr"] == "trouble\n"
    assert ack["data"]["exit_code"] == 0
    assert ack["data"]["seconds"] >= 0


def test_its_environment_is_clean_and_it_stands_in_the_scripts_folder(state: Path) -> None:
    environment = {"RDOS_AGENT_TOKEN": TOKEN, "HOME": "/tmp", "OTHER": "1"}
    script(state, "env.sh", "pwd; env | grep -v -E '^(PWD|SHLVL|_|OLDPWD)=' | sort")
    with hub() as there, agent(state, "--hub", there.url, environment=environment):
        out = there.visit().register().do("run", script="env.sh")["data"]["stdout"].splitlines()
    assert out[0] == str(state / "scripts")
    assert [line.split("=")[0] for line in out[1:]] == ["HOME", "LANG", "PATH"]


def test_a_failing_script_is_told_with_an_event(visit: Visit, state: Path) -> None:
    script(state, "fail.sh", "echo so far; exit 3")
    ack = visit.do("run", script="fail.sh")
    assert (ack["success"], ack["error_code"], ack["data"]["exit_code"]) == (False, "script_failed", 3)
    assert ack["data"]["stdout"] == "so far\n"

    event = visit.next("event")["payload"]
    assert (event["severity"], event["category"]) == ("warning", "script")
    assert event["message"] == "fail.sh: The script ended with exit code 3."


def test_of_a_long_output_the_end_is_kept(visit: Visit, state: Path) -> None:
    script(state, "talk.sh", "yes | head -c 1000000; echo the end")
    out = visit.do("run", script="talk.sh")["data"]["stdout"]
    assert len(out) == 16 * 1024
    assert out.endswith("y\nthe end\n")


def test_a_script_over_its_time_is_stopped_with_all_it_started(visit: Visit, state: Path) -> None:
    script(state, "slow.sh", "sleep 60 & echo $!; wait")
    ack = visit.do("run", script="slow.sh", timeout=0.5)
    assert (ack["success"], ack["error_code"], ack["data"]["exit_code"]) == (False, "timeout", None)
    assert 0.5 <= ack["data"]["seconds"] < 5
    until(lambda: not alive(int(ack["data"]["stdout"])))


def alive(process: int) -> bool:
    """A dead one that nobody has collected yet is dead."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_what_a_script_leaves_behind_does_not_hold_its_ack(visit: Visit, state: Path) -> None:
    script(state, "leave.sh", "sleep 30 & echo $!")
    ack = visit.do("run", script="leave.sh")
    os.kill(int(ack["data"]["stdout"]), signal.SIGKILL)
    assert ack["success"] is True
    assert ack["data"]["seconds"] < 5


def test_pings_are_answered_while_four_scripts_run_and_a_fifth_waits(visit: Visit, state: Path) -> None:
    script(state, "wait.sh", "echo >> begun; while [ ! -e go ]; do sleep 0.05; done")
    waiting = [visit.tell("run", script="wait.sh") for _ in range(5)]
    begun = state / "scripts/begun"
    until(lambda: begun.exists() and len(begun.read_text()) == 4)
    assert visit.do("ping")["success"] is True
    assert len(begun.read_text()) == 4

    (state / "scripts/go").touch()
    assert all(visit.ack(command_id)["success"] for command_id in waiting)
    assert len(begun.read_text()) == 5


def test_a_repeated_run_is_answered_and_not_done_again(visit: Visit, state: Path) -> None:
    script(state, "count.sh", "echo >> counted; cat counted | wc -l")
    first = visit.do("run", script="count.sh", command_id="c1")
    assert visit.do("run", script="count.sh", command_id="c1") == first
    assert (state / "scripts/counted").read_text() == "\n"


def test_an_ack_that_found_no_connection_is_sent_on_the_next(state: Path) -> None:
    script(state, "wait.sh", "touch begun; while [ ! -e go ]; do sleep 0.05; done")
    with hub() as there, agent(state, "--hub", there.url, "--token", TOKEN):
        visit = there.visit().register()
        visit.tell("run", script="wait.sh", command_id="c1")
        until((state / "scripts/begun").exists)
        visit.hang_up()
        again = there.visit().accept()
        again.tell("run", script="wait.sh", command_id="c1")
        (state / "scripts/go").touch()
        assert again.ack("c1")["success"] is True


def test_what_ran_when_the_agent_died_is_answered_as_interrupted(state: Path) -> None:
    script(state, "slow.sh", "echo $$ >> begun; exec sleep 60")
    begun = state / "scripts/begun"
    with hub() as there:
        with agent(state, "--hub", there.url, "--token", TOKEN) as running:
            there.visit().register().tell("run", script="slow.sh", command_id="c1")
            until(lambda: begun.exists() and begun.read_text())
            running.process.kill()
            os.kill(int(begun.read_text()), signal.SIGKILL)
        with agent(state):
            ack = there.visit().accept().do("run", script="slow.sh", command_id="c1")
    assert (ack["success"], ack["error_code"]) == (False, "interrupted")
    assert len(begun.read_text().splitlines()) == 1


def test_what_still_runs_is_remembered_however_much_is_answered_meanwhile(state: Path) -> None:
    script(state, "slow.sh", "echo $$ >> begun; exec sleep 60")
    begun = state / "scripts/begun"
    lines = [
        json.dumps({"command_id": f"old{n}", "ack": {"command_id": f"old{n}", "success": True}}) for n in range(1000)
    ]
    (state / "seen.jsonl").write_text("\n".join(lines) + "\n")
    with hub() as there:
        with agent(state, "--hub", there.url, "--token", TOKEN) as running:
            visit = there.visit().register()
            visit.tell("run", script="slow.sh", command_id="c1")
            until(lambda: begun.exists() and begun.read_text())
            # Each is a line in the agent's memory, which is rewritten when it has grown too long.
            for _ in range(11):
                ids = [visit.tell("dance") for _ in range(100)]
                assert visit.ack(ids[-1])["error_code"] == "unknown_action"
            running.process.kill()
            os.kill(int(begun.read_text()), signal.SIGKILL)
        with agent(state):
            assert there.visit().accept().do("run", script="slow.sh", command_id="c1")["error_code"] == "interrupted"
    assert len(begun.read_text().splitlines()) == 1


def test_scripts_end_with_the_agent(both: tuple[Agent, Visit], state: Path) -> None:
    running, visit = both
    script(state, "slow.sh", "echo $$ > begun; sleep 60")
    begun = state / "scripts/begun"
    visit.tell("run", script="slow.sh")
    until(lambda: begun.exists() and begun.read_text())
    started = time.monotonic()
    assert running.end() == 0
    assert time.monotonic() - started < 2
    until(lambda: not alive(int(begun.read_text())))


@pytest.mark.parametrize("name", ["../out.sh", "/bin/sh", "..", ".", "", "a/b", "a b", "a\n", None, 7, ["x"]])
def test_a_name_that_leads_elsewhere_is_refused(visit: Visit, state: Path, name: Any) -> None:
    outside = script(state, "inside.sh", "true").parent.parent / "out.sh"
    outside.write_text("#!/bin/sh\ntouch ran\n")
    outside.chmod(0o700)
    ack = visit.do("run", script=name)
    assert (ack["success"], ack["error_code"]) == (False, "script_not_allowed")


def test_a_missing_script_is_named(visit: Visit) -> None:
    ack = visit.do("run", script="none.sh")
    assert (ack["error_code"], "none.sh" in ack["error"]) == ("unknown_script", True)


@pytest.mark.parametrize(("mode", "reason"), [(0o600, "not executable"), (0o702, "Others"), (0o720, "Others")])
def test_a_script_with_the_wrong_mode_is_refused(visit: Visit, state: Path, mode: int, reason: str) -> None:
    script(state, "odd.sh", "touch ran", mode=mode)
    ack = visit.do("run", script="odd.sh")
    assert (ack["error_code"], reason in ack["error"]) == ("script_not_allowed", True)
    assert not (state / "scripts/ran").exists()


def test_a_link_and_a_folder_are_no_scripts(visit: Visit, state: Path) -> None:
    (state / "scripts/link.sh").symlink_to("/bin/true")
    (state / "scripts/folder").mkdir()
    for name in ("link.sh", "folder"):
        assert "not a regular file" in visit.do("run", script=name)["error"]


def test_a_folder_that_others_may_write_to_is_not_trusted(visit: Visit, state: Path) -> None:
    script(state, "fine.sh", "true").parent.chmod(0o777)
    assert visit.do("run", script="fine.sh")["error_code"] == "script_not_allowed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_script_of_another_user_is_refused(visit: Visit, state: Path) -> None:
    os.chown(script(state, "theirs.sh", "true"), 12345, 12345)
    assert visit.do("run", script="theirs.sh")["error_code"] == "script_not_allowed"


@pytest.mark.parametrize(
    "extra",
    [
        {"arguments": "one two"},
        {"arguments": [1]},
        {"arguments": ["a\0b"]},
        {"arguments": ["x"] * 65},
        {"timeout": 0},
        {"timeout": 3601},
        {"timeout": "5"},
        {"timeout": True},
    ],
)
def test_wrong_arguments_are_refused(visit: Visit, state: Path, extra: dict[str, Any]) -> None:
    script(state, "fine.sh", "touch ran")
    ack = visit.do("run", script="fine.sh", **extra)
    assert (ack["success"], ack["error_code"]) == (False, "validation_error")
    assert not (state / "scripts/ran").exists()


def test_a_script_that_cannot_be_started_says_why(visit: Visit, state: Path) -> None:
    script(state, "odd.sh", "").write_text("#!/no/such/interpreter\n")
    ack = visit.do("run", script="odd.sh")
    assert (ack["error_code"], "could not be started" in ack["error"]) == ("script_failed", True)
