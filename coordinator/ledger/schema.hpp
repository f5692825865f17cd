#pragma once

#include <array>

/// The tables of history.db. `journal` is the truth; all others are projections of it (projections.hpp) and may be
/// emptied and rebuilt. Times are milliseconds since 1970, ids and hashes blobs. Scripts are only ever added.
namespace skerry::coordinator::ledger {

inline constexpr std::array<const char*, 10> kSchema = {R"sql(
CREATE TABLE journal (
  stream  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  kind    TEXT    NOT NULL,   -- for people with an SQL shell; the body says it too
  body    BLOB    NOT NULL,   -- ledger.proto
  chain   BLOB    NOT NULL,   -- SHA-256(chain before | version | body): a hole or a changed entry shows
  PRIMARY KEY (stream, version)
);

CREATE TABLE tokens (
  id BLOB PRIMARY KEY, created INTEGER NOT NULL, expires INTEGER NOT NULL,
  uses INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, tier INTEGER NOT NULL, note TEXT NOT NULL
);
CREATE TABLE nodes (
  id BLOB PRIMARY KEY, name TEXT NOT NULL, identity BLOB NOT NULL, transport BLOB NOT NULL, tier INTEGER NOT NULL,
  token BLOB NOT NULL, enrolled INTEGER NOT NULL, certificate_expires INTEGER NOT NULL,
  revoked INTEGER, reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE rounds (
  id INTEGER PRIMARY KEY, state TEXT NOT NULL, opened INTEGER NOT NULL, deadline INTEGER NOT NULL,
  goal INTEGER NOT NULL, quorum INTEGER NOT NULL, accepted INTEGER NOT NULL DEFAULT 0,
  frozen INTEGER, ended INTEGER, parent INTEGER, version INTEGER, weight INTEGER, sum BLOB,
  reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE updates (
  node BLOB NOT NULL, sequence INTEGER NOT NULL, lease BLOB NOT NULL UNIQUE, base INTEGER NOT NULL,
  staleness INTEGER NOT NULL, tier INTEGER NOT NULL, examples INTEGER NOT NULL, weight INTEGER NOT NULL,
  bytes INTEGER NOT NULL, content BLOB NOT NULL, norm REAL NOT NULL, labelled INTEGER NOT NULL,
  errors INTEGER NOT NULL, accepted INTEGER NOT NULL, accepted_round INTEGER NOT NULL,
  round INTEGER, version INTEGER,  -- NULL: waits
  receipt BLOB NOT NULL, receipt_signature BLOB NOT NULL,
  PRIMARY KEY (node, sequence)
);
CREATE INDEX updates_of_round ON updates (round);
CREATE TABLE refusals (
  entry INTEGER PRIMARY KEY,  -- its version in the journal
  node BLOB NOT NULL, sequence INTEGER NOT NULL, lease BLOB NOT NULL, base INTEGER NOT NULL, code INTEGER NOT NULL,
  text TEXT NOT NULL, bytes INTEGER NOT NULL, content BLOB NOT NULL, at INTEGER NOT NULL, round INTEGER NOT NULL
);
CREATE INDEX refusals_of_round ON refusals (round);
CREATE INDEX refusals_of_node ON refusals (node, sequence);
CREATE TABLE confusions (
  node BLOB NOT NULL, truth INTEGER NOT NULL, predicted INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (node, truth, predicted)
);
CREATE TABLE versions (
  version INTEGER PRIMARY KEY, parent INTEGER NOT NULL, round INTEGER NOT NULL, published INTEGER NOT NULL,
  updates INTEGER NOT NULL, weight INTEGER NOT NULL, sum BLOB NOT NULL, weights BLOB NOT NULL,
  manifest BLOB NOT NULL, manifest_signature BLOB NOT NULL, dropped INTEGER
);
)sql",
                                                        R"sql(
ALTER TABLE updates ADD COLUMN set_aside TEXT;  -- why it will never count; NULL: it counts or may
-- What would else be counted over all of history again at each question.
CREATE TABLE totals (
  node BLOB PRIMARY KEY, accepted INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,
  set_aside INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0, labelled INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0
);
INSERT INTO totals (node, accepted, counted, labelled, errors)
  SELECT node, count(*), count(version), sum(labelled), sum(errors) FROM updates GROUP BY node;
INSERT INTO totals (node, refused) SELECT node, count(*) FROM refusals WHERE true GROUP BY node
  ON CONFLICT DO UPDATE SET refused = excluded.refused;
)sql",
                                                        R"sql(
-- Errors are those of counted updates only, by type too: made anew from the journal, where there is one.
ALTER TABLE updates ADD COLUMN reported_errors BLOB NOT NULL DEFAULT X'';  -- stored_errors.hpp
CREATE INDEX updates_by_time ON updates (accepted);
ALTER TABLE totals ADD COLUMN other INTEGER NOT NULL DEFAULT 0;
CREATE TABLE error_types (
  node BLOB NOT NULL, type INTEGER NOT NULL, count INTEGER NOT NULL,  -- feedback::ErrorType
  PRIMARY KEY (node, type)
);
-- A row: what the projections say has changed, and they are to be rebuilt before they are read.
CREATE TABLE rebuild_due (since_schema INTEGER NOT NULL);
INSERT INTO rebuild_due SELECT 3 WHERE EXISTS (SELECT 1 FROM journal);
)sql",
                                                        R"sql(
CREATE TABLE alarms (
  entry INTEGER PRIMARY KEY,  -- its version in the journal
  node BLOB NOT NULL, number INTEGER NOT NULL, recorded INTEGER NOT NULL, raised INTEGER NOT NULL,
  class INTEGER,              -- of the labels; NULL: all
  detector INTEGER NOT NULL, before REAL NOT NULL, after REAL NOT NULL, trigger_number INTEGER NOT NULL,
  global INTEGER NOT NULL, local INTEGER NOT NULL, missed INTEGER NOT NULL,
  early INTEGER,              -- the round that it made an early one
  UNIQUE (node, number)
);
CREATE INDEX alarms_by_time ON alarms (recorded);
CREATE INDEX alarms_of_round ON alarms (early);
)sql",
                                                        R"sql(
ALTER TABLE rounds ADD COLUMN erased INTEGER;  -- when its updates were; NULL: they are kept
ALTER TABLE rounds ADD COLUMN erased_by TEXT NOT NULL DEFAULT '';  -- the limit that asked for it
UPDATE rounds SET erased_by = 'limits.versions_kept',
                  erased = (SELECT dropped FROM versions WHERE versions.version = rounds.version)
  WHERE version IN (SELECT version FROM versions WHERE dropped IS NOT NULL);
)sql",
                                                        R"sql(
ALTER TABLE rounds ADD COLUMN rule TEXT NOT NULL DEFAULT 'mean';
ALTER TABLE rounds ADD COLUMN optimiser TEXT NOT NULL DEFAULT 'none';
ALTER TABLE rounds ADD COLUMN seed BLOB;         -- of what the rule draws; NULL: not frozen, or zeros
ALTER TABLE versions ADD COLUMN optimiser BLOB;  -- the blob of what it remembers; NULL: nothing
)sql",
                                                        R"sql(
ALTER TABLE nodes ADD COLUMN quarantined INTEGER;       -- since when; NULL: it is not in quarantine
ALTER TABLE nodes ADD COLUMN quarantined_by INTEGER;    -- ledger::QuarantinedBy
ALTER TABLE nodes ADD COLUMN quarantine_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE updates ADD COLUMN held INTEGER;            -- 1: waits, but for no round, while its node is in quarantine
CREATE INDEX updates_held ON updates (node) WHERE held IS NOT NULL;
CREATE INDEX updates_by_round_of_acceptance ON updates (accepted_round);
)sql",
                                                        R"sql(
ALTER TABLE versions ADD COLUMN restores INTEGER;  -- the version whose weights these are again; NULL: a round's, or the first
ALTER TABLE versions ADD COLUMN reason TEXT NOT NULL DEFAULT '';  -- of that
)sql",
                                                        R"sql(
ALTER TABLE rounds ADD COLUMN tier_quorum INTEGER NOT NULL DEFAULT 1;
CREATE TABLE trials (
  version INTEGER PRIMARY KEY, against INTEGER NOT NULL, began INTEGER NOT NULL, deadline INTEGER NOT NULL,
  canaries INTEGER NOT NULL, ended INTEGER, outcome TEXT NOT NULL DEFAULT '',  -- ledger::TrialOutcome; empty: it goes on
  reason TEXT NOT NULL DEFAULT '', samples INTEGER NOT NULL DEFAULT 0, better INTEGER NOT NULL DEFAULT 0,
  worse INTEGER NOT NULL DEFAULT 0, cheaper INTEGER NOT NULL DEFAULT 0, dearer INTEGER NOT NULL DEFAULT 0
);
)sql",
                                                        R"sql(
ALTER TABLE versions ADD COLUMN restores_from INTEGER NOT NULL DEFAULT 0;  -- the tier from which on it is so
)sql"};

/// Everything that rebuild() empties.
inline constexpr std::array<const char*, 11> kProjections = {"tokens",      "nodes",    "rounds",     "updates",
                                                             "refusals",    "versions", "confusions", "totals",
                                                             "error_types", "alarms",   "trials"};

}  // namespace skerry::coordinator::ledger
