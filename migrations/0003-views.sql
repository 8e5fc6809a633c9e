-- For those who ask the journal with the sqlite3 shell (docs/journal.md). ghost itself reads none of these: their names
-- and columns stay as they are, whatever becomes of the tables behind them. Times are ISO 8601, UTC; a column may be added.
-- A shell that does not understand one of them opens nothing of the database: so nothing here is newer than STRICT (3.37).
CREATE VIEW task_history AS
SELECT
  id,
  uuid,
  name,
  (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM task_tags WHERE task = id ORDER BY tag)) AS tags,
  state,
  exit_code,
  signal,
  strftime('%Y-%m-%dT%H:%M:%fZ', submitted_at / 1000 / 1000.0, 'unixepoch') AS submitted,
  strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000 / 1000.0, 'unixepoch') AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000 / 1000.0, 'unixepoch') AS ended,
  duration_ms / 1000.0 AS seconds,
  -- The arguments with one space between them; `command` has them apart, as a JSON array.
  (SELECT group_concat(value, ' ') FROM json_each(command)) AS command_line,
  command,
  cwd,
  forgotten AS hidden
FROM tasks;

CREATE VIEW event_log AS
SELECT
  seq,
  strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000 / 1000.0, 'unixepoch') AS at,
  type,
  task,
  -- ghost's own client, a program that uses the library, or the daemon.
  json_extract(actor, '$.client') AS client,
  json_extract(actor, '$.uid') AS uid,
  json_extract(actor, '$.pid') AS pid,
  json_extract(actor, '$.commandLine') AS command_line,
  data
FROM events;

CREATE VIEW signal_log AS
SELECT
  seq,
  at,
  task,
  json_extract(data, '$.signal') AS signal,
  json_extract(data, '$.reason') AS reason,
  client,
  uid,
  command_line
FROM event_log
WHERE type = 'SignalRequested';

CREATE VIEW pruned_log AS
SELECT
  seq,
  at,
  task,
  json_extract(data, '$.stream') AS stream,
  json_extract(data, '$.bytes') AS bytes,
  json_extract(data, '$.reason') AS reason
FROM event_log
WHERE type = 'LogSegmentPruned';
