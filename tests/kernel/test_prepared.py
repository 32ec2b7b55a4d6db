from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from rdos.kernel import prepared

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite prepares nothing for longer than a statement"),
]


def known(word: str) -> int:
    """How often a statement with this word was carried out as it had been prepared."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements "
            "WHERE statement LIKE '%%' || %s || '%%' AND statement NOT LIKE '%%pg_prepared%%'",
            [word],
        )
        return int(cursor.fetchone()[0])


def test_a_statement_is_parsed_once_for_whatever_values() -> None:
    word = f"w{uuid4().hex}"
    for number in range(4):
        with prepared.cursor() as cursor:
            cursor.execute(f"SELECT %(number)s::int + 1 AS {word}", {"number": number})
            assert cursor.fetchone() == (number + 1,)
    assert known(word) == 4


def test_any_other_cursor_prepares_nothing() -> None:
    word = f"w{uuid4().hex}"
    with prepared.cursor() as cursor:
        cursor.execute("SELECT 1")
    for _ in range(4):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT %s AS {word}", [1])
    assert known(word) == 0


def test_its_statements_are_counted_and_its_errors_worded_as_everywhere(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1), prepared.cursor() as cursor:  # type: ignore[operator]
        cursor.execute("SELECT %s::int", [1])
    with pytest.raises(DatabaseError), prepared.cursor() as cursor:
        cursor.execute("SELECT 1 / %s::int", [0])
