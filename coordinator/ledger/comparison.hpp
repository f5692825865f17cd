#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/storage/sqlite.hpp"

namespace skerry::coordinator::ledger {

struct Differences {
    std::vector<std::string> sentences;  ///< at most so many as asked for, of each table and kind
    bool more = false;                   ///< there are others
};

/// Where the tables of `database` (the projections) say otherwise than those of the database that is attached to it as
/// `attached`, which were made from the journal. Cost: one look-up a row in either direction; memory: a row.
[[nodiscard]] Result<Differences> compare_projections(storage::Database& database, const std::string& attached,
                                                      std::size_t shown_max);

}  // namespace skerry::coordinator::ledger
