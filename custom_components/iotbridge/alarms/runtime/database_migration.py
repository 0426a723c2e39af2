"""Migration of the alarm database: SQL from each version of the file to the next. Blocking: not for the event loop."""

import sqlite3


def _renamed(table: str, *texts: tuple[str, str]) -> str:
    """Return the SQL that replaces texts in the JSON of a table.

    Within a JSON string a quotation mark follows a backslash: a text that starts with a bare one is a key.
    """
    data = "data"
    for old, new in texts:
        data = f"replace({data}, '{old}', '{new}')"
    return f"UPDATE {table} SET data = {data};"  # noqa: S608 - our own names


def _renamed_keys(table: str, **names: str) -> str:
    return _renamed(table, *((f'"{old}":', f'"{new}":') for old, new in names.items()))


# SQL from each version of the file to the next; the first creates the tables.
STEPS = (
    """
CREATE TABLE IF NOT EXISTS instance (
    rule_id TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (rule_id, subject)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, rule_id TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
    change TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, severity INTEGER NOT NULL,
    episode INTEGER NOT NULL, value TEXT NOT NULL, why TEXT NOT NULL, who TEXT NOT NULL, place TEXT NOT NULL,
    comment TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS history_at ON history (at);
CREATE TABLE IF NOT EXISTS remembered (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
""",
    """
CREATE INDEX IF NOT EXISTS history_rule ON history (rule_id, at);
CREATE INDEX IF NOT EXISTS history_subject ON history (subject, at);
""",
    # Snoozing was called shelving.
    _renamed_keys("instance", shelved_until="snoozed_until", shelved_by="snoozed_by", shelved_for="snoozed_for")
    + """
UPDATE history SET change = 'snoozed' WHERE change = 'shelved';
UPDATE history SET change = 'unsnoozed' WHERE change = 'unshelved';
UPDATE history SET before = 'snoozed' WHERE before = 'shelved';
UPDATE history SET after = 'snoozed' WHERE after = 'shelved';
""",
    _renamed_keys(
        "instance",
        why="reason",
        bad_since="condition_since",
        who="name",
        where="source",
        telling="escalation",
        told="informed",
        judge="evaluator",
    )
    + _renamed(
        "outbox",
        ('"manner": "aloud"', '"sound": "normal"'),
        ('"manner": "soft"', '"sound": "silent"'),
        ('"manner": "unseen"', '"sound": "none"'),
    )
    + _renamed_keys(
        "outbox",
        news="kind",
        heard="informed",
        sent="delivered_to",
        times="occurrences",
        began="first_message",
        what_to_do="instructions",
        said="summary",
    )
    + """
ALTER TABLE history RENAME COLUMN why TO reason;
ALTER TABLE history RENAME COLUMN who TO actor;
ALTER TABLE history RENAME COLUMN place TO source;
""",
    """
CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER NOT NULL, target TEXT NOT NULL, at REAL NOT NULL, rule_id TEXT NOT NULL, subject TEXT NOT NULL,
    episode INTEGER NOT NULL, group_name TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL,
    result TEXT NOT NULL, reason TEXT NOT NULL, held_by TEXT NOT NULL, attempts INTEGER NOT NULL,
    PRIMARY KEY (number, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_episode ON delivery (rule_id, subject, episode);
CREATE INDEX IF NOT EXISTS delivery_at ON delivery (at);
""",
)
NEWEST = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file; an empty one is of version 0."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def upgrade(connection: sqlite3.Connection, to: int = NEWEST) -> None:
    """Upgrade a file to a version; an empty one has version 0."""
    version = version_of(connection)
    for number, step in enumerate(STEPS[version:to], version + 1):
        connection.executescript(f"BEGIN; {step} PRAGMA user_version={number}; COMMIT;")
