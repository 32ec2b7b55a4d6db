"""Expressions in words, so that a person sees what was meant and what was typed."""

import random

import pytest

from scheduling.cron import parse, zone
from scheduling.errors import InvalidExpression
from scheduling.wording import in_words
from tests.scheduling.expressions import any_expression

SENTENCES = [
    ("* * * * *", "every minute"),
    ("*/5 * * * *", "every 5 minutes"),
    ("*/1 * * * *", "every minute"),
    ("*/60 * * * *", "every hour"),
    ("*/90 * * * *", "every hour"),
    ("0 * * * *", "every hour"),
    ("@hourly", "every hour"),
    ("* * * * * *", "every second"),
    ("* * * * * */10", "every 10 seconds"),
    ("* * * * * 0", "every minute"),
    # Begins anew with the hour, so it is not "every 7 minutes".
    ("*/7 * * * *", "every seventh minute of every hour, Berlin time"),
    ("0 9 * * *", "every day at 09:00 Berlin time"),
    ("0 9 * * 0-7", "every day at 09:00 Berlin time"),
    ("@daily", "every day at 00:00 Berlin time"),
    ("0 9 * * 1-5", "weekdays at 09:00 Berlin time"),
    ("5 9 * * mon-fri", "weekdays at 09:05 Berlin time"),
    ("0 9 * * 7", "Sunday at 09:00 Berlin time"),
    ("0 9 * * 0,6", "Saturday and Sunday at 09:00 Berlin time"),
    ("0 9 * * FRI-MON", "Monday, Friday, Saturday and Sunday at 09:00 Berlin time"),
    ("30 2 1 * *", "at 02:30 on the 1st of every month, Berlin time"),
    ("30 2 22 * *", "at 02:30 on the 22nd of every month, Berlin time"),
    ("30 2 13 * *", "at 02:30 on the 13th of every month, Berlin time"),
    ("0 9 23 2,3 *", "at 09:00 on the 23rd day of February and March, Berlin time"),
    ("0 0 L * *", "at 00:00 on the last day of every month, Berlin time"),
    ("0 0 * * 1#1", "at 00:00 on the first Monday of the month, Berlin time"),
    ("0 0 * * L5", "at 00:00 on the last Friday of the month, Berlin time"),
    # Either will do, or both are needed.
    ("0 0 13 * 5", "at 00:00 on the 13th day of month or on Friday, Berlin time"),
    ("0 0 */2 * 1", "at 00:00 on every second day of month if it's on Monday, Berlin time"),
    ("30 9 * * * 15", "at 09:30:15 every day, Berlin time"),
    ("*/15 9-17 * * 1-5", "every 15th minute from 09:00 through 17:59 on Monday through Friday, Berlin time"),
]


@pytest.mark.parametrize(("text", "sentence"), SENTENCES)
def test_an_expression_is_said_in_words(text: str, sentence: str) -> None:
    assert in_words(parse(text), zone("Europe/Berlin")) == sentence


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Etc/GMT+5", "GMT+5"),
        ("CET", "CET"),
        ("America/New_York", "New York time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
    ],
)
def test_a_zone_is_called_as_people_call_it(name: str, said: str) -> None:
    assert in_words(parse("0 9 * * *"), zone(name)) == f"every day at 09:00 {said}"


def test_there_are_words_for_everything_that_can_be_read() -> None:
    chance = random.Random(6)
    said = 0
    for _ in range(2000):
        try:
            expression = parse(any_expression(chance))
        except InvalidExpression:
            continue
        words = in_words(expression, zone("Europe/Berlin"))
        assert words.endswith("Berlin time") or words.startswith("every "), expression.text
        said += 1
    assert said > 1500
