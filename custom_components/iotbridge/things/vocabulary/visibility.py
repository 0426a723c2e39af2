"""Words that decide whether an entity is enabled from the start."""

# Groups of settings, and of facts about how a message came here.
GROUPS = frozenset({
    "settings", "config", "configuration", "setup", "limits", "preferences", "header", "meta", "metadata",
})  # fmt: skip
# Groups of what was measured before now.
PAST = frozenset({
    "history", "historic", "historical", "archive", "archived", "archieved", "datalog", "backlog",
    "timeseries",
})  # fmt: skip
# Groups into which a maker has put what was measured.
HELD = frozenset({"values", "readings", "measurements", "tags", "metrics"})
# Groups of facts about the device.
FACTS = frozenset({"info"})
# What was used of something is worth seeing, whatever it was.
USED = frozenset({"consumption", "used"})
# A text that says that there is nothing to say.
NOTHING = frozenset({"", "noop", "nop"})
# Last words of a text that describes a state: "status_text".
DESCRIBING = frozenset({"text", "name", "description", "message", "detail", "details", "string", "str", "msg"})
# A user beside one of these is no account, but a person at a door.
AT_A_DOOR = frozenset({"access", "card", "uid", "tag", "badge", "pin", "unlock", "door"})
USERS = frozenset({("username",), ("user",)})
