"""What is no expression, and no zone, is refused in words that help."""

import random
import string

import pytest

from scheduling.cron import parse, zone
from scheduling.errors import InvalidExpression, InvalidZone
from tests.scheduling.expressions import any_expression

# what is said, and what the refusal names
BAD = [
    ("", "it is empty"),
    (" \t ", "it is empty"),
    ("*", "here are 1"),
    ("* * * *", "here are 4"),
    ("0 0 9 * * MON-FRI 2026", "here are 7"),
    ("1" * 201, "longer than 200 characters"),
    ("* * * * *" + " " * 200, "longer than 200 characters"),
    ("60 * * * *", 'the minute "60" is not valid: 0–59'),
    ("-1 * * * *", 'the minute "-1"'),
    ("1,60 * * * *", 'the minute "60"'),
    ("1, * * * *", 'the minute ""'),
    ("1- * * * *", 'the minute "1-"'),
    ("1-2-3 * * * *", 'the minute "1-2-3"'),
    ("*/0 * * * *", 'the minute "*/0"'),
    ("*/-5 * * * *", 'the minute "*/-5"'),
    ("*/ * * * *", 'the minute "*/"'),
    ("*/5/2 * * * *", 'the minute "*/5/2"'),
    ("** * * * *", 'the minute "**"'),
    ("1.5 * * * *", 'the minute "1.5"'),
    ("1e1 * * * *", 'the minute "1E1"'),
    ("9999999999 * * * *", 'the minute "9999999999"'),
    ("MON * * * *", 'the minute "MON"'),
    ("L * * * *", 'the minute "L"'),
    ("H * * * *", 'the minute "H"'),
    ("0 24 * * *", 'the hour "24" is not valid: 0–23'),
    ("0 9am * * *", 'the hour "9AM"'),
    ("0 9 0 * *", 'the day of the month "0" is not valid: 1–31'),
    ("0 9 32 * *", 'the day of the month "32"'),
    ("0 9 15W * *", 'the day of the month "15W"'),
    ("0 9 L-2 * *", 'the day of the month "L-2"'),
    ("0 9 L/2 * *", 'the day of the month "L/2"'),
    ("0 9 ? * 1", "write * instead of ?"),
    ("0 9 1 0 *", 'the month "0" is not valid: 1–12'),
    ("0 9 1 13 *", 'the month "13"'),
    ("0 9 1 JANUARY *", 'the month "JANUARY"'),
    ("0 9 1 MON *", 'the month "MON"'),
    ("0 9 * * 8", 'the weekday "8" is not valid: 0–7'),
    ("0 9 * * JAN", 'the weekday "JAN"'),
    ("0 9 * * MONDAY", 'the weekday "MONDAY"'),
    ("0 9 * * L", 'the weekday "L"'),
    ("0 9 * * L8", 'the weekday "L8"'),
    ("0 9 * * L5L", 'the weekday "L5L"'),
    ("0 9 * * 1#0", 'the weekday "1#0"'),
    ("0 9 * * 1#6", 'the weekday "1#6"'),
    ("0 9 * * 8#1", 'the weekday "8#1"'),
    ("0 9 * * 1-5#2", 'the weekday "1-5#2"'),
    ("0 9 * * ?", "write * instead of ?"),
    ("0 9 * * * 60", 'the second "60"'),
    # Dates that never come. The 29th of February does.
    ("0 9 31 2 *", "no such day ever comes: day of the month 31, month 2"),
    ("0 9 30 2 *", "no such day ever comes"),
    ("0 9 30,31 feb *", "no such day ever comes"),
    ("0 9 31 4,6,9,11 *", "no such day ever comes"),
    ("0 9 31 2 */2", "no such day ever comes"),
    ("0 9 */31 * 1#2", "no such day ever comes"),
    # Six fields, with the seconds first.
    ("0 0 9 * * MON-FRI", 'here the seconds come last: write "0 9 * * MON-FRI 0"'),
    ("0 0 9 ? * MON-FRI", 'here the seconds come last: write "0 9 * * MON-FRI 0"'),
    ("15 30 9 * * *", 'here the seconds come last: write "30 9 * * * 15"'),
    ("0 0 9 1 JAN ?", 'here the seconds come last: write "0 9 1 JAN * 0"'),
    ("60 60 60 * * *", 'the minute "60"'),
    # Words that others know.
    ("@reboot", '"@reboot" is not known; known are @hourly, @daily'),
    ("@every_5_minutes", "is not known"),
    ("@weekdays", "is not known"),
    ("@business_hours", "is not known"),
    ("@every 5m", "is not known"),
    ("@", "is not known"),
    ("@daily @daily", "is not known"),
    # Digits, letters and spaces that only look like ours.
    ("٥ * * * *", "it holds the character '\\u0665'"),
    ("0 9 * * ſun", "it holds the character '\\u017f'"),
    ("0\u00a09 * * *", "it holds the character '\\xa0'"),
    ("0 9 * * *\n", "it holds the character '\\n'"),
    ("0 9 * * *\0", "it holds the character '\\x00'"),
    ("0 9 * * \ud800", "it holds the character '\\ud800'"),
]


@pytest.mark.parametrize(("text", "named"), BAD)
def test_what_is_no_expression_is_refused_and_what_is_wrong_is_named(text: str, named: str) -> None:
    with pytest.raises(InvalidExpression) as refusal:
        parse(text)
    assert refusal.value.detail.startswith("Invalid cron expression: ")
    assert named in refusal.value.detail
    assert refusal.value.status == 400


def test_what_is_advised_is_accepted() -> None:
    parse("0 9 * * MON-FRI 0")
    parse("0 9 29 2 *")
    parse("0 9 30 2 1")


def test_whatever_is_typed_is_read_or_refused_by_name() -> None:
    chance = random.Random(4)
    accepted = refused = 0
    for _ in range(10_000):
        letters = list(any_expression(chance))
        letters[chance.randrange(len(letters))] = chance.choice(string.printable)
        try:
            parse("".join(letters))
        except InvalidExpression:
            refused += 1
        else:
            accepted += 1
    assert refused > 1000
    assert accepted > 100


BAD_ZONES = [
    "", " ", "Berlin", "Europe/Atlantis", "CEST", "+01:00", "UTC+1", "localtime", "posix/Europe/Berlin",
    "right/Europe/Berlin", "posixrules", "/etc/localtime", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC",
    "Europe/../UTC", "Europe", "Europe/", "tzdata.zi", "zone.tab", "UTC\0", "\ud800", "x" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_ZONES)
def test_what_iana_does_not_name_is_no_zone(name: str) -> None:
    with pytest.raises(InvalidZone, match="is not known; a zone is named as IANA does, for example Europe/Berlin"):
        zone(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        (" Europe/Berlin ", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_that_is_spelled_otherwise_is_refused_with_its_name(name: str, meant: str) -> None:
    with pytest.raises(InvalidZone, match=f'did you mean "{meant}"'):
        zone(name)


def test_a_zone_is_read_once() -> None:
    assert zone("Europe/Berlin") is zone("Europe/Berlin")
    assert zone("Europe/Berlin").key == "Europe/Berlin"
