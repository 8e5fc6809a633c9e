-- What is folded from the events and kept beside them, in the transaction that appends: all of it can be thrown away
-- and folded again (`ghost doctor --rebuild`), and nothing in it is ever the truth. Times are microseconds since 1970.
CREATE TABLE read_models (
  name    TEXT    PRIMARY KEY,
  -- Of the fold: what another one has kept is folded anew.
  version INTEGER NOT NULL,
  -- The last event that is folded, and its hash: a journal whose end was cut off no longer has it.
  seq     INTEGER NOT NULL,
  hash    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each task, with what is searched for. Narrow, because a search that no index helps reads all of them.
CREATE TABLE tasks (
  id             INTEGER PRIMARY KEY,
  uuid           TEXT    NOT NULL,
  name           TEXT,
  -- A JSON array of the arguments.
  command        TEXT    NOT NULL,
  -- The command line and the name in lower case: what a search for text looks into.
  text           TEXT    NOT NULL,
  cwd            TEXT    NOT NULL,
  -- running, exited, failed, killed, lost
  state          TEXT    NOT NULL,
  exit_code      INTEGER,
  signal         TEXT,
  submitted_at   INTEGER NOT NULL,
  -- The latest submitted_at of this task and all before it, so that it only grows, whatever the clock did.
  submitted_high INTEGER NOT NULL,
  started_at     INTEGER,
  ended_at       INTEGER,
  duration_ms    INTEGER,
  -- The events that made it and ended it.
  submitted_seq  INTEGER NOT NULL,
  ended_seq      INTEGER,
  forgotten      INTEGER NOT NULL,
  -- Whether more is to come of it: it has not ended, its output is open, or it is owed a signal.
  live           INTEGER NOT NULL,
  -- What its output takes on the disk once that is complete, until then 0.
  output_bytes   INTEGER NOT NULL,
  -- Whether some of its complete output is still to be compressed.
  unsealed       INTEGER NOT NULL
) STRICT;

CREATE INDEX tasks_name ON tasks (name) WHERE name IS NOT NULL;
CREATE INDEX tasks_cwd ON tasks (cwd);
-- Most tasks end well: a search for those finds enough of them without an index.
CREATE INDEX tasks_state ON tasks (state) WHERE state <> 'exited';
CREATE INDEX tasks_exit ON tasks (exit_code) WHERE exit_code <> 0;
CREATE INDEX tasks_signal ON tasks (signal) WHERE signal IS NOT NULL;
CREATE INDEX tasks_submitted ON tasks (submitted_high);
-- Those that the clock, set back, put before the ones that were there already.
CREATE INDEX tasks_early ON tasks (id) WHERE submitted_at < submitted_high;
CREATE INDEX tasks_ended ON tasks (state, ended_seq) WHERE ended_seq IS NOT NULL;
CREATE INDEX tasks_live ON tasks (id) WHERE live = 1;
CREATE INDEX tasks_output ON tasks (ended_seq) WHERE output_bytes > 0;
CREATE INDEX tasks_large ON tasks (output_bytes) WHERE output_bytes >= 1048576;
CREATE INDEX tasks_unsealed ON tasks (id) WHERE unsealed = 1;

-- Everything that is known of a task, as JSON: what its events fold to.
CREATE TABLE task_states (
  id    INTEGER PRIMARY KEY,
  state TEXT    NOT NULL
) STRICT;

CREATE TABLE task_tags (
  tag  TEXT    NOT NULL,
  task INTEGER NOT NULL,
  PRIMARY KEY (tag, task)
) STRICT, WITHOUT ROWID;

-- Which tasks have which three characters in a row in their text, and, after a character of its own, in the beginning
-- of their UUID: an index of random numbers would cost each task more than all other indexes together. It only narrows
-- a search down (detail=none), and is a few tasks behind: those after the counter `searchTo` are looked through one by
-- one.
CREATE VIRTUAL TABLE task_search USING fts5(
  text,
  tokenize = 'trigram case_sensitive 1',
  detail = none,
  content = '',
  contentless_delete = 1
);

-- The live tasks as they stood after an event, as a JSON array: any moment is the last snapshot before it and a short
-- replay.
CREATE TABLE snapshots (
  seq   INTEGER PRIMARY KEY,
  at    INTEGER NOT NULL,
  tasks TEXT    NOT NULL
) STRICT;

-- The events that are earlier than the one before them, because the clock was set back. Between two of them time only
-- grows, so that the event of a time is found without an index.
CREATE TABLE clock_steps (
  seq INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE counters (
  name  TEXT    PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
