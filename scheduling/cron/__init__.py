"""When something is due: expressions, intervals and zones. Pure: time is passed in.

A wall time that daylight saving skips is due once, at the first valid instant. A wall time that comes twice is due
once, at the first of the two. Wall times that fall on one instant are one due time.
"""

from scheduling.cron.expression import Expression, parse
from scheduling.cron.intervals import following_interval, spread
from scheduling.cron.times import Due, between, following
from scheduling.cron.walls import landing
from scheduling.cron.zones import names as zone_names
from scheduling.cron.zones import zone

__all__ = [
    "Due",
    "Expression",
    "between",
    "following",
    "following_interval",
    "landing",
    "parse",
    "spread",
    "zone",
    "zone_names",
]
