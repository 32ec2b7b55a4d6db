"""Flows as files: out of one hub, into another, and into a directory beside it."""

import json
import stat
from collections.abc import Mapping
from io import BytesIO, StringIO
from pathlib import Path
from string import ascii_letters, digits
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test.client import MULTIPART_CONTENT
from pytest_django import Settings

from flows.models import Flow, FlowVersion
from flows.services import exporting, importing
from tests.people import Caller, MakePerson, Person

pytestmark = pytest.mark.django_db
FLOWS = "/api/v1/flows"
EXPORT, IMPORT = f"{FLOWS}/export", f"{FLOWS}/import"
GRAPH = {"nodes": [{"id": "start", "type": "StartNode"}], "connections": []}
# What a file system of any kind takes.
SAFE = {*ascii_letters, *digits, *"_-."}


@pytest.fixture
def dana(developer: Person) -> Caller:
    return developer.caller


def made(caller: Caller, **said: Any) -> dict[str, Any]:
    answer: dict[str, Any] = caller.post(FLOWS, {"name": "Patrol", "definition": GRAPH, **said}).json()
    return answer


def send(caller: Caller, name: str, raw: bytes, **fields: str) -> Any:
    return caller.post(IMPORT, {"file": SimpleUploadedFile(name, raw), **fields}, MULTIPART_CONTENT)


def imported(caller: Caller, name: str, data: Any, **fields: str) -> list[dict[str, Any]]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    response = send(caller, name, raw, **fields)
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["imported"]
    return rows


def zipped(files: Mapping[str, Any]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data if isinstance(data, bytes) else json.dumps(data))
    return out.getvalue()


def test_a_flow_goes_out_and_comes_back_the_same(dana: Caller) -> None:
    canvas = {"nodes": [], "zoom": 2}
    flow = made(dana, description="By night", priority=3, labels={"a": "b"}, canvas_state=canvas, metadata={"x": [1]})
    out = dana.get(f"{FLOWS}/{flow['id']}/export")
    assert out["Content-Type"] == "application/json"
    assert out["Content-Disposition"] == f'attachment; filename="Patrol-{flow["id"].replace("-", "")}.json"'
    (row,) = imported(dana, "patrol.json", out.content)
    assert (row["created"], row["version"], row["file"]) == (True, 1, "patrol.json")
    copy = dana.get(f"{FLOWS}/{row['id']}").json()
    differing = {name for name in flow if copy[name] != flow[name]}
    assert differing == {"id", "created_at", "updated_at"}


def test_over_the_same_id_it_is_the_next_version(dana: Caller) -> None:
    flow = made(dana)
    document = dana.get(f"{FLOWS}/{flow['id']}/export").json() | {"definition": {"nodes": []}, "message": "Emptied"}
    (row,) = imported(dana, "patrol.json", document, over="true")
    assert row == {
        "file": "patrol.json",
        "id": flow["id"],
        "name": "Patrol",
        "version": 2,
        "created": False,
    }
    assert FlowVersion.objects.get(number=2).message == "Emptied"
    dana.delete(f"{FLOWS}/{flow['id']}")
    (row,) = imported(dana, "patrol.json", document, over="true")
    assert (row["id"], row["created"]) == (flow["id"], True)


def test_somebody_elses_flow_of_the_same_id_is_left_alone(dana: Caller, make_person: MakePerson) -> None:
    bob = make_person("bob", "developer").caller
    flow = made(bob, access="private")
    document = {"id": flow["id"], "name": "Taken over", "definition": GRAPH}
    (row,) = imported(dana, "patrol.json", document, over="true")
    assert (row["created"], row["id"] != flow["id"]) == (True, True)
    assert bob.get(f"{FLOWS}/{flow['id']}").json() == flow


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (GRAPH, "graph", "night_patrol"),
        ({**GRAPH, "metadata": {"name": "From within"}}, "graph", "From within"),
        ([{"id": "n", "type": "inject"}], "nodered", "night_patrol"),
        ({"flows": []}, "nodered", "night_patrol"),
        ({"definition": GRAPH}, "graph", "night_patrol"),
        ({"organism_yaml": "a: 1"}, "organism", "night_patrol"),
    ],
)
def test_what_other_programs_wrote_is_known_by_its_looks(dana: Caller, data: Any, kind: str, name: str) -> None:
    (row,) = imported(dana, "night_patrol.json", data)
    flow = Flow.objects.get(pk=row["id"])
    assert (flow.kind, flow.name, flow.status, flow.access) == (kind, name, "stopped", "shared")


def test_all_one_sees_goes_out_as_one_archive_and_comes_back(dana: Caller, make_person: MakePerson) -> None:
    made(make_person("bob", "developer").caller, access="private")
    for name in ("../../etc/passwd", "Čistič", "日本", "a/b\\c", "Same", "Same"):
        made(dana, name=name)
    out = dana.get(EXPORT)
    assert (out["Content-Type"], out.status_code) == ("application/zip", 200)
    names = ZipFile(BytesIO(out.content)).namelist()
    assert len(set(names)) == 6
    assert all(set(name) <= SAFE for name in names), names
    rows = imported(dana, "flows.zip", out.content)
    assert [row["name"] for row in rows] == ["../../etc/passwd", "Čistič", "日本", "a/b\\c", "Same", "Same"]


def test_an_archive_may_be_narrowed(dana: Caller) -> None:
    made(dana)
    made(dana, kind="organism", definition="a: 1")
    archive = ZipFile(BytesIO(dana.get(f"{EXPORT}?kind=organism").content))
    (name,) = archive.namelist()
    assert json.loads(archive.read(name))["definition"] == "a: 1"


def test_what_is_too_much_for_one_answer_is_413(dana: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "LARGEST_ARCHIVE", 100)
    made(dana)
    assert dana.get(EXPORT).status_code == 413


def test_a_path_inside_an_archive_is_only_a_name(dana: Caller, tmp_path: Path) -> None:
    files = {"../../evil.json": GRAPH, "/abs.json": GRAPH, "folder/": b"", "__MACOSX/._a.json": b"x", "read.me": b"x"}
    assert [row["name"] for row in imported(dana, "f.zip", zipped(files))] == ["evil", "abs"]


def test_all_of_an_archive_or_nothing(dana: Caller) -> None:
    files = {"good.json": GRAPH, "bad.json": {"definition": {"nodes": 7}}, "worse.json": {"name": "x", "priority": 99}}
    response = send(dana, "f.zip", zipped(files))
    assert response.status_code == 400
    assert "bad.json: nodes" in str(response.json()["errors"]) or "worse.json" in str(response.json()["errors"])
    assert not Flow.objects.exists()


LIAR = zipped({"a.json": GRAPH}).replace(b"PK\x03\x04", b"PK\x03\x05", 1)


@pytest.mark.parametrize(
    ("name", "raw", "status", "words"),
    [
        ("flow.yaml", b"{}", 400, "File must be a .json or .zip file"),
        ("f.zip", b"no archive", 400, "no archive"),
        ("f.zip", LIAR, 400, "cannot be read"),
        ("f.zip", zipped({"read.me": b"x"}), 400, "no flow in it"),
        ("f.zip", zipped({"a.json": b"{"}), 400, '"a.json":["Invalid JSON'),
        ("f.zip", zipped({"a.json": b"7"}), 400, "a.json"),
        ("a.json", b"{", 400, "Invalid JSON"),
        ("a.json", b"{}", 400, "This is no flow"),
        ("a.json", b'{"definition": {"nodes": 7}}', 400, "a.json: nodes"),
        ("a.json", b'{"definition": {}, "name": "x", "priority": 99}', 400, "a.json: priority"),
        ("a.json", b'{"definition": {"nodes": []}, "id": "7"}', 400, "a.json: id"),
        ("f.zip", zipped({"a.json": b" " * (importing.LARGEST_FILE + 1)}), 413, "at most 10 MB"),
        ("f.zip", zipped({f"{n}.json": b"" for n in range(1001)}), 413, "At most 1000"),
        ("f.zip", b"x" * (16 * 2**20 + 1), 413, "too large"),
        ("a.json", b"x" * (50 * 2**20 + 1), 413, "too large"),
    ],
    ids=range(15),
)
def test_a_bad_file_is_refused_with_the_reason(dana: Caller, name: str, raw: bytes, status: int, words: str) -> None:
    response = send(dana, name, raw)
    assert response.status_code == status, response.content
    assert words in response.content.decode()
    assert not Flow.objects.exists()


def test_many_small_files_that_swell_are_413(dana: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "LARGEST_TOTAL", 3000)
    response = send(dana, "f.zip", zipped({f"{n}.json": b'{"nodes": []}' + b" " * 1000 for n in range(4)}))
    assert response.status_code == 413


def test_under_bloxserver_what_comes_in_is_ones_own_and_counted(make_person: MakePerson) -> None:
    bob = make_person("bob", "developer").caller
    form = {"file": SimpleUploadedFile("a.json", json.dumps(GRAPH).encode())}
    assert bob.post(f"/bloxserver{IMPORT}", form, MULTIPART_CONTENT).status_code == 200
    assert Flow.objects.get().access == "private"
    form = {"file": SimpleUploadedFile("a.json", json.dumps(GRAPH).encode())}
    assert bob.post(f"/bloxserver{IMPORT}", form, MULTIPART_CONTENT).status_code == 403


def test_no_secret_leaves_with_a_flow(dana: Caller) -> None:
    hook = {"webhook_config": {"secret": "Very-Secret-Word"}}
    answer = dana.post("/api/v1/workflows", {"workflow_name": "A", "workflow_json": GRAPH, "metadata": hook}).json()
    assert b"Very-Secret-Word" not in dana.get(f"{FLOWS}/{answer['workflow_id']}/export").content


# --- The command


def command(*arguments: object) -> str:
    out = StringIO()
    call_command("flows", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_writes_a_directory_and_reads_it_again(dana: Caller, developer: Person, tmp_path: Path) -> None:
    flow = made(dana, name="../Patrol")
    command("export", tmp_path / "out")
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == f"Patrol-{flow['id'].replace('-', '')}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert flow["id"] in command("import", tmp_path / "out", "--owner", developer.name, "--over")
    command("import", file, "--owner", developer.name)
    (tmp_path / "all.zip").write_bytes(dana.get(EXPORT).content)
    command("import", tmp_path / "all.zip", "--owner", developer.name)
    assert Flow.objects.count() == 4
    assert FlowVersion.objects.filter(flow_id=flow["id"]).count() == 1


def test_the_command_says_what_it_cannot_take(viewer: Person, developer: Person, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text('{"definition": {"nodes": 7}}')
    for arguments, words in (
        ((file, "--owner", developer.name), "bad.json: nodes"),
        ((file, "--owner", "nobody"), "Nobody is called"),
        ((tmp_path / "ghost", "--owner", developer.name), "is not there"),
    ):
        with pytest.raises(CommandError, match=words):
            command("import", *arguments)
    file.write_text(json.dumps(GRAPH))
    with pytest.raises(CommandError, match="Required role"):
        command("import", file, "--owner", viewer.name)
    assert not Flow.objects.exists()


# --- The mirror


@pytest.fixture
def mirror(settings: Settings, tmp_path: Path) -> Path:
    settings.WORKFLOWS_DIR = tmp_path / "mirror"
    return tmp_path / "mirror"


def test_every_version_is_mirrored_once_it_is_committed(
    dana: Caller, mirror: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        flow = made(dana, name="../../Patrol")
        assert not mirror.exists()
    with django_capture_on_commit_callbacks(execute=True):
        dana.patch(f"{FLOWS}/{flow['id']}", {"definition": {"nodes": []}})
        dana.patch(f"{FLOWS}/{flow['id']}", {"name": "Only renamed"})
    home = mirror / flow["id"]
    assert sorted(path.name for path in home.iterdir()) == ["1.json", "2.json"]
    assert stat.S_IMODE((home / "1.json").stat().st_mode) == 0o600
    assert json.loads((home / "2.json").read_bytes())["definition"] == {"nodes": []}
    (row,) = imported(dana, "1.json", (home / "1.json").read_bytes(), over="true")
    assert (row["id"], row["version"]) == (flow["id"], 3)


def test_a_mirror_that_fails_fails_nobody(
    dana: Caller, settings: Settings, tmp_path: Path, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.WORKFLOWS_DIR = tmp_path / "file"
    with django_capture_on_commit_callbacks(execute=True):
        assert made(dana)["version"] == 1
    assert "could not be mirrored" in caplog.text


def test_a_mirror_that_is_switched_off_writes_nothing(
    dana: Caller, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.WORKFLOWS_DIR = None
    with django_capture_on_commit_callbacks(execute=True) as effects:
        made(dana)
    assert not [effect for effect in effects if "mirror" in str(effect)]
