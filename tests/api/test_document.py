"""The API document, as tools fetch it."""

import pytest

from tests.people import Caller

SCHEMA = "/api/v1/schema"


@pytest.mark.parametrize("path", [SCHEMA, SCHEMA + "/", SCHEMA + "/?format=json", "/casare" + SCHEMA])
def test_it_is_json_for_everybody(db: None, path: str) -> None:
    response = Caller().get(path)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("application/json")
    assert response.json()["openapi"].startswith("3.1")


def test_it_is_packed_on_the_way(db: None) -> None:
    assert Caller().get(SCHEMA, headers={"accept-encoding": "gzip"})["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_it_can_only_be_read(db: None, method: str) -> None:
    response = getattr(Caller(), method)(SCHEMA)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_its_page_runs_no_inline_script(db: None) -> None:
    response = Caller().get("/api/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "<script>" not in page and "https://" not in page.replace("https://www.w3.org", "")


def test_every_operation_names_its_refusals_and_how_to_sign_in(db: None) -> None:
    document = Caller().get(SCHEMA).json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "key", "session"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "404", "409", "429"} <= set(operation["responses"]), (method, path)
            assert operation["description"] or operation.get("summary"), (method, path)
