#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/drift_alarm.hpp"
#include "common/storage/sqlite.hpp"

namespace skerry::feedback {

/// The alarms of one node, in the database of its labels (label_store.hpp): the newest kRowsMax.
/// Every call may fail as storage::Database says. One thread at a time.
class DriftLog {
public:
    static constexpr std::uint64_t kRowsMax = 1000;

    explicit DriftLog(storage::Database& database) : database_(&database) {}

    /// Adds alarms, whose numbers are above all on record, and drops the oldest, inside the caller's transaction.
    /// Conflict: a number is on record.
    [[nodiscard]] Result<> append(std::span<const DriftAlarm> alarms);

    struct Page {
        std::vector<DriftAlarm> alarms;  ///< newest first
        std::uint64_t kept = 0;          ///< rows that there are
    };
    /// At most `count_max` of those with a number below `before`; 0: of all.
    [[nodiscard]] Result<Page> list(std::uint64_t before, std::size_t count_max);

private:
    storage::Database* database_;  // outlives us
};

}  // namespace skerry::feedback
