BEGIN TRANSACTION;
CREATE TABLE history (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, rule_id TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
    change TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, severity INTEGER NOT NULL,
    episode INTEGER NOT NULL, value TEXT NOT NULL, why TEXT NOT NULL, who TEXT NOT NULL, place TEXT NOT NULL,
    comment TEXT NOT NULL, detail TEXT NOT NULL
);
INSERT INTO "history" VALUES(1,1700000060.0,'hot','Too hot','sensor.attic','raised','normal','unacknowledged',2,1,'90 °C','90 °C > 80 °C','','','','');
INSERT INTO "history" VALUES(2,1700000090.0,'hot','Too hot','sensor.attic','shelved','unacknowledged','shelved',2,1,'90 °C','90 °C > 80 °C','Anna','dashboard','not "who": me','');
INSERT INTO "history" VALUES(3,1700000100.0,'hot','Too hot','sensor.attic','unshelved','shelved','unacknowledged',2,1,'90 °C','90 °C > 80 °C','Anna','dashboard','','');
CREATE TABLE instance (
    rule_id TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (rule_id, subject)
) WITHOUT ROWID;
INSERT INTO "instance" VALUES('hot','sensor.attic','{"alarm": {"key": ["hot", "sensor.attic"], "active": true, "severity": 2, "value": "90 \u00b0C", "why": "90 \u00b0C > 80 \u00b0C", "episode": 1, "announced": true, "acknowledged": true, "returned": false, "raised_at": 1700000060.0, "cleared_at": null, "acknowledged_by": {"who": "Ben", "where": "phone", "comment": "On my way"}, "pending": null, "pending_since": 1700000000.0, "bad_since": 1700000000.0, "shelved_until": 1700007200.0, "shelved_by": {"who": "Anna", "where": "dashboard", "comment": "not \"who\": me"}, "shelved_for": 2, "suppressed_by": [], "out_of_service": false, "out_of_service_by": {"who": "", "where": "", "comment": ""}}, "telling": {"episode": 1, "began_at": null, "step": 1, "repeats": 0, "repeat_at": null, "told": ["family"]}, "judge": {"kind": "above", "attribute": null, "held": ["above"]}, "flapping": {"is_flapping": false, "times": []}}');
CREATE TABLE outbox (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
INSERT INTO "outbox" VALUES(1,'{"group": "family", "news": "raised", "key": ["hot", "sensor.attic"], "episode": 1, "severity": 2, "at": 1700000060.0, "due_at": 1700000060.0, "message": {"news": "raised", "severity": "warning", "name": "Too hot: Attic", "title": "Warning: Too hot: Attic", "text": "90 > 80", "tag": "iotbridge_hot_3d8fa01b7743", "at": 1700000060.0, "entity_id": "sensor.attic", "what_to_do": "Open the window; say \"what_to_do\": now.", "children": ["Disk"], "acknowledge": "Acknowledge", "snooze": "Snooze", "said": "He said \"news\": x", "manner": "aloud"}, "attempts": 0, "digest": null, "heard": [], "sent": ["notify.phone"], "is_done": true, "manner": "aloud", "is_last": false, "began": null, "times": 1}');
INSERT INTO "outbox" VALUES(2,'{"group": "family", "news": "withdrawn", "key": ["hot", "sensor.attic"], "episode": 1, "severity": 2, "at": 1700000090.0, "due_at": 1700000090.0, "message": {"news": "withdrawn", "severity": "warning", "name": "Too hot: Attic", "title": "Warning: Too hot: Attic", "text": "90 > 80", "tag": "iotbridge_hot_3d8fa01b7743", "at": 1700000090.0, "entity_id": "sensor.attic", "what_to_do": "Open the window; say \"what_to_do\": now.", "children": ["Disk"], "acknowledge": "Acknowledge", "snooze": "Snooze", "said": "He said \"news\": x", "manner": "aloud"}, "attempts": 0, "digest": null, "heard": ["notify.phone"], "sent": [], "is_done": false, "manner": "aloud", "is_last": false, "began": {"news": "withdrawn", "severity": "warning", "name": "Too hot: Attic", "title": "Warning: Too hot: Attic", "text": "90 > 80", "tag": "iotbridge_hot_3d8fa01b7743", "at": 1700000090.0, "entity_id": "sensor.attic", "what_to_do": "Open the window; say \"what_to_do\": now.", "children": ["Disk"], "acknowledge": "Acknowledge", "snooze": "Snooze", "said": "He said \"news\": x", "manner": "aloud"}, "times": 0}');
CREATE TABLE remembered (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "remembered" VALUES('maintenance','false');
CREATE INDEX history_at ON history (at);
CREATE INDEX history_rule ON history (rule_id, at);
CREATE INDEX history_subject ON history (subject, at);
COMMIT;
PRAGMA user_version = 2;
