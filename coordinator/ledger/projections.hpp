#pragma once

#include "common/storage/sqlite.hpp"
#include "coordinator/ledger/journal.hpp"

namespace skerry::coordinator::ledger {

/// Brings the SQL tables up to date with one event, inside the transaction that appends it. Deterministic: the tables
/// are a fold over the journal. Conflict: the event contradicts the tables, such as a lease spent twice; nothing of the
/// transaction may then be kept.
[[nodiscard]] Result<> project(storage::Database& database, const Recorded& recorded);

}  // namespace skerry::coordinator::ledger
