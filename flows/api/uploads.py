"""Files that come in by a form: looked at before they are read, and read as JSON."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from rdos.kernel.api.parsing import parse_json
from rdos.kernel.errors import InvalidInput, MalformedBody, TooLarge

if TYPE_CHECKING:
    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile

LARGEST_FILE = 50 * 1024 * 1024
# Its table of contents is read at once, so it is bounded by the whole.
LARGEST_ARCHIVE = 16 * 1024 * 1024
JSON_TYPES = ("application/json", "text/plain", "application/octet-stream")
NAMELESS = "Untitled Workflow"
LONGEST_NAME = 255
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def workflow_in(file: Upload | None) -> tuple[str, dict[str, Any]]:
    """Its name is the file's."""
    given = present(file)
    if not str(given.name).lower().endswith(".json"):
        raise InvalidInput("File must be a .json file")
    insist_type(given, JSON_TYPES)
    content = json_in(given.read())
    if not isinstance(content, dict):
        raise InvalidInput("Invalid JSON: a workflow is an object.")
    return stem(given), content


def present(file: Upload | None) -> Upload:
    if file is None:
        raise InvalidInput(errors={"file": ["This field is required."]}, misshapen=True)
    if (file.size or 0) > LARGEST_FILE:
        raise TooLarge("File too large. Maximum size: 50MB")
    return file


def archive_or_json(file: Upload | None) -> Upload:
    given = present(file)
    if not str(given.name).lower().endswith((".json", ".zip")):
        raise InvalidInput("File must be a .json or .zip file")
    if is_archive(given) and (given.size or 0) > LARGEST_ARCHIVE:
        raise TooLarge("File too large. Maximum size of an archive: 16MB")
    return given


def is_archive(file: Upload) -> bool:
    return str(file.name).lower().endswith(".zip")


def insist_type(file: Upload, types: tuple[str, ...]) -> None:
    sent = str(file.content_type or "").lower()
    if sent and sent not in types:
        raise InvalidInput(f"Invalid content type: {sent[:100]}. Expected one of {', '.join(types)}.")


def json_in(raw: bytes) -> Any:
    try:
        return parse_json(raw.removeprefix(BYTE_ORDER_MARK))
    except MalformedBody as error:
        raise InvalidInput(f"Invalid JSON: {error.__cause__ or error}") from error


def stem(file: Upload) -> str:
    name = PurePath(str(file.name)).name
    return (name[: -len(".json")] if name.lower().endswith(".json") else name).strip()[:LONGEST_NAME] or NAMELESS
