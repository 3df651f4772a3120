"""Working days, worked out apart from Greentick: weekdays less the bank holidays of the feed file."""

import datetime
import json
import pathlib
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
TOLD_AT = datetime.time(8, 30)
FEED = pathlib.Path(__file__).parents[3] / "config" / "bank-holidays.json"
_HOLIDAYS = {datetime.date.fromisoformat(event["date"])
             for event in json.loads(FEED.read_text("utf-8"))["england-and-wales"]["events"]}


def add(day, count):
    """The day `count` working days after (before, if negative)."""
    direction = 1 if count > 0 else -1
    for _ in range(abs(count)):
        day += datetime.timedelta(days=direction)
        while day.weekday() > 4 or day in _HOLIDAYS:
            day += datetime.timedelta(days=direction)
    return day


def told_at(due, working_days):
    """The instant at which a rung of the ladder is said."""
    return datetime.datetime.combine(add(due, working_days), TOLD_AT, LONDON)


def told_by_now(due, since, rungs):
    """Which rungs of the ladder have come between `since` and now."""
    return [rung for rung in rungs if since <= told_at(due, rung) <= now()]


def now():
    """This instant, in London."""
    return datetime.datetime.now(LONDON)
