"""Two configurations held against each other."""

from typing import Any

import pytest

from devices import drift, redaction
from devices.drift import compare


@pytest.mark.parametrize(
    ("desired", "reported", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {}, [("a", "missing")]),
        ({}, {"a": 1}, [("a", "extra")]),
        ({"a": 1}, {"a": 2}, [("a", "different")]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", "different")]),  # equal to Python, not to a node
        ({"a": None}, {}, [("a", "missing")]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, [("a.b[1]", "different"), ("a.b[2]", "extra")]),
        ({"a": [1]}, {"a": {"0": 1}}, [("a", "different")]),
        ([1], [2], [("[0]", "different")]),
    ],
)
def test_what_differs_is_named_by_its_path(desired: Any, reported: Any, found: list[tuple[str, str]]) -> None:
    assert [(one["path"], one["kind"]) for one in compare(desired, reported)] == found


@pytest.mark.parametrize("name", drift.NAMES)
def test_entries_with_an_id_are_known_by_it_whatever_their_order(name: str) -> None:
    desired = {"flows": [{name: "a", "on": 1}, {name: "b", "on": 1}, {name: "c"}]}
    reported = {"flows": [{name: "b", "on": 0}, {name: "a", "on": 1}, {name: "d"}]}
    assert [(one["path"], one["kind"]) for one in compare(desired, reported)] == [
        ("flows[b].on", "different"),
        ("flows[c]", "missing"),
        ("flows[d]", "extra"),
    ]


def test_entries_that_share_an_id_are_taken_in_their_order() -> None:
    desired, reported = [{"id": "a", "x": 1}, {"id": "a", "x": 2}], [{"id": "a", "x": 1}, {"id": "a", "x": 3}]
    assert [one["path"] for one in compare(desired, reported)] == ["[1].x"]


def test_both_values_are_shown_and_no_secret() -> None:
    desired, reported = {"srt": {"passphrase": "one", "port": 1}}, {"srt": {"passphrase": "two", "port": 2}}
    assert compare(desired, reported) == [
        {"path": "srt.passphrase", "kind": "different", "desired": "(hidden)", "reported": "(hidden)"},
        {"path": "srt.port", "kind": "different", "desired": 1, "reported": 2},
    ]


def test_the_list_is_bounded() -> None:
    assert len(compare({}, {str(number): 1 for number in range(2000)})) == drift.MOST_ENTRIES


def test_credentials_are_not_kept_however_deep_they_lie() -> None:
    config = {"a": [{"tunnel_psk": "x", "tunnel_bind_secret": "y", "port": 1}], "node_secret": "z"}
    assert redaction.kept(config) == {"a": [{"port": 1}]}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"config": {"a": 1}}, {"a": 1}),
        ({"config": {"a": 1}, "b": 2}, {"config": {"a": 1}, "b": 2}),
        ({"config": "text"}, {"config": "text"}),
        ([1], [1]),
        (None, None),
    ],
)
def test_only_the_known_wrapping_is_taken_off(sent: Any, kept: Any) -> None:
    assert redaction.kept(sent) == kept
