#pragma once

#include <map>
#include <utility>

#include "common/storage/sqlite.hpp"
#include "coordinator/ledger/error_tally.hpp"

/// What an update reports of its errors as it lies in a column of `updates`, and what all that are counted come to.
/// For the .cpp files of this folder.
namespace skerry::coordinator::ledger {

using ClassPair = std::pair<std::uint16_t, std::uint16_t>;  ///< truth, predicted

struct ReportedErrors {
    ErrorTally tally;
    std::map<ClassPair, std::uint64_t> pairs;

    ReportedErrors& operator+=(const ReportedErrors& more);
};

/// The numbers of a tally, but for `updates`, and of its pairs, each u64 or u16, little-endian.
[[nodiscard]] Bytes stored_errors(const UpdateAccepted& update);
/// Internal: not what stored_errors() wrote; rebuild the projections.
[[nodiscard]] Result<ReportedErrors> reported_errors(ByteView stored);

/// Adds to the tables what the updates of a round report, now that a version counts them.
[[nodiscard]] Result<> count_errors(storage::Database& database, RoundId round);

}  // namespace skerry::coordinator::ledger
