#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/storage/sqlite.hpp"
#include "feedback/error_type.hpp"
#include "feedback/prediction.hpp"

namespace skerry::feedback {

/// One wrong answer: what was said, what was true, and by which snapshot. The sample itself is not kept.
struct ErrorRecord {
    std::uint64_t id = 0;  ///< grows; given by the log
    TimePoint at;          ///< when the answer was given
    std::string request;
    std::uint32_t predicted = 0;  ///< class index
    std::uint32_t truth = 0;      ///< class index
    Tier tier = Tier::Light;
    float probability = 0;
    float margin = 0;
    float score = 0;
    SnapshotVersion version;
    std::uint64_t label_row = 0;  ///< LabelledSample::row of its label
    ErrorType type = ErrorType::Unjudged;
};

/// The record of a labelled sample whose answer was wrong.
[[nodiscard]] ErrorRecord error_of(const LabelledSample& sample);

/// Which errors to list; an empty filter takes all.
struct ErrorFilter {
    std::optional<std::uint32_t> truth = {};
    std::optional<std::uint32_t> predicted = {};
    std::optional<Tier> tier = {};
    std::optional<ErrorType> type = {};
    std::optional<TimePoint> since = {};          ///< not older than this
    std::optional<std::uint64_t> before_id = {};  ///< the page after the one that ended here
};

/// How often `truth` was taken for `predicted`.
struct ConfusionCount {
    std::uint32_t truth = 0;
    std::uint32_t predicted = 0;
    std::uint64_t count = 0;

    bool operator==(const ConfusionCount&) const = default;
};

/// Wrong answers that were learned from, as an update reports them.
struct JudgedCounts {
    std::array<std::uint64_t, kErrorTypes> by_type{};
    std::vector<ConfusionCount> pairs;  ///< the most frequent first
    std::uint64_t cursor = 0;           ///< ask from here the next time: each error is then counted once

    [[nodiscard]] std::uint64_t total() const;
};

struct ErrorLogConfig {
    std::size_t rows_max = 10'000;
    /// The same bound in bytes of the database, indexes and all: whichever is reached first.
    std::size_t bytes_max = 8U << 20U;
    std::chrono::hours age_max{90 * 24};

    /// Rows that both bounds allow.
    [[nodiscard]] std::size_t rows() const;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// The wrong answers of one node, in the database of its labels (label_store.hpp), bounded in rows, bytes and age.
/// Every call may fail as storage::Database says. One thread at a time.
class ErrorLog {
public:
    ErrorLog(storage::Database& database, ErrorLogConfig config) : database_(&database), config_(config) {}

    /// Adds errors and drops what is beyond the bounds, inside the caller's transaction.
    [[nodiscard]] Result<> append(std::span<const ErrorRecord> errors, TimePoint now);
    /// Drops what is beyond the bounds, inside the caller's transaction. However old they seem, the newest tenth of the
    /// rows stays: a clock that jumps, or was never set, must not empty the log.
    [[nodiscard]] Result<> prune(TimePoint now);

    /// Notes the types that a learning step found, inside the caller's transaction, and gives these errors the next
    /// number to count from. An error that is gone is no error.
    [[nodiscard]] Result<> judge(std::span<const JudgedError> errors);

    /// Newest first, at most `count_max`.
    [[nodiscard]] Result<std::vector<ErrorRecord>> list(const ErrorFilter& filter, std::size_t count_max);
    /// Errors that were judged after `cursor` (0: all that are kept) by type and by class pair, of these at most
    /// `pairs_max` of the most frequent. However long a label waited to be learned: it counts when it was.
    [[nodiscard]] Result<JudgedCounts> judged_since(std::uint64_t cursor, std::size_t pairs_max);
    /// Its cursor alone: nothing was judged after it.
    [[nodiscard]] Result<std::uint64_t> judged();
    /// How many errors of each type are kept, by ErrorType.
    [[nodiscard]] Result<std::array<std::uint64_t, kErrorTypes>> counts_by_type();
    /// Rows kept now.
    [[nodiscard]] Result<std::uint64_t> size();

private:
    storage::Database* database_;  // outlives us
    ErrorLogConfig config_;
};

}  // namespace skerry::feedback
