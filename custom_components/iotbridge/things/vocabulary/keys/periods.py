"""Keys that are only a part of a date, or a period of time."""

# Together these are counts of a meter, not a date: {"day": 3.1, "month": 41.2, "year": 412.2}.
BARE_PERIODS = frozenset({"hour", "day", "today", "week", "month", "year"})
# Keys of a date with a time of day, in the singular: {"year": 2026, "hours": 3, "minutes": 21}.
TIME_KEYS = frozenset({"hour", "minute"})
DATE_KEYS = frozenset({"year", "month", "day"})
# Last words of the parts of such a group; "mounth" is the spelling of one meter.
DATE_PARTS = frozenset({"year", "month", "mounth", "day", "hour", "minute", "second"})
