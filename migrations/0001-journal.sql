-- The facts. Rows are only ever added: the triggers refuse the rest, and the hash chain shows what was done behind
-- their back. `once` is the key of a fact that can happen only once. Times are microseconds since 1970.
CREATE TABLE events (
  seq   INTEGER PRIMARY KEY,
  at    INTEGER NOT NULL,
  type  TEXT    NOT NULL,
  task  INTEGER,
  v     INTEGER NOT NULL,
  actor TEXT    NOT NULL,
  data  TEXT    NOT NULL,
  once  TEXT,
  hash  TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_once ON events (once) WHERE once IS NOT NULL;
CREATE INDEX events_task ON events (task, seq) WHERE task IS NOT NULL;
CREATE INDEX events_daemon ON events (seq) WHERE task IS NULL;

CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only: events are never changed');
END;

CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only: events are never deleted');
END;

-- INSERT OR REPLACE deletes without firing the trigger above: so an event may only be put at the end, and a fact that
-- is there already is not taken again.
CREATE TRIGGER events_refuse_replace BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  OR EXISTS (SELECT 1 FROM events WHERE once = NEW.once)
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only: an event goes to the end, and a fact is recorded once');
END;

-- The environments that tasks were given, each stored once under the SHA-256 of its text: a JSON array of
-- [name, value] pairs, the value {"base64": "…"} where it is not valid UTF-8. Not part of the chain, so that a secret
-- can be taken out for good.
CREATE TABLE environments (
  hash    TEXT PRIMARY KEY,
  entries TEXT NOT NULL
) STRICT, WITHOUT ROWID;
