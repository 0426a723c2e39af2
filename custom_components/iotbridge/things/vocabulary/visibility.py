"""Words that determine whether an entity is enabled by default."""

# Groups of settings, and of facts about the transport of a message.
GROUPS = frozenset({
    "settings", "config", "configuration", "setup", "limits", "preferences", "header", "meta", "metadata",
})  # fmt: skip
# Groups of past measurements.
PAST = frozenset({
    "history", "historic", "historical", "archive", "archived", "archieved", "datalog", "backlog",
    "timeseries",
})  # fmt: skip
# Groups of measurements.
HELD = frozenset({"values", "readings", "measurements", "tags", "metrics"})
# Groups of facts about the device.
FACTS = frozenset({"info"})
# Consumptions are always of interest.
USED = frozenset({"consumption", "used"})
# Placeholder texts for no information.
NOTHING = frozenset({"", "noop", "nop"})
# Last words of the key of a text that describes a state: "status_text".
DESCRIBING = frozenset({"text", "name", "description", "message", "detail", "details", "string", "str", "msg"})
# Beside one of these, a user is not an account but a person at a door.
AT_A_DOOR = frozenset({"access", "card", "uid", "tag", "badge", "pin", "unlock", "door"})
USERS = frozenset({("username",), ("user",)})
