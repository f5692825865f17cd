#include "feedback/error_log.hpp"

#include <algorithm>
#include <numeric>

#include "feedback/stored_time.hpp"

namespace skerry::feedback {
namespace {

// What one takes at most: its numbers, a request id of limits::kRequestIdBytesMax, its place in three indexes, and what
// SQLite leaves free in their pages.
constexpr std::size_t kErrorBytes = 512;

// A type of a newer program is one that this one has not judged.
ErrorType type_stored(std::uint64_t number) {
    return number < kErrorTypes ? static_cast<ErrorType>(number) : ErrorType::Unjudged;
}

}  // namespace

std::size_t ErrorLogConfig::rows() const {
    return std::max<std::size_t>(1, std::min(rows_max, bytes_max / kErrorBytes));
}

std::vector<std::string> ErrorLogConfig::problems() const {
    std::vector<std::string> problems;
    if (bytes_max < 1024) problems.emplace_back("error_log.bytes_max must be at least 1 KiB");
    if (rows_max < 1 || rows_max > 10'000'000) problems.emplace_back("error_log.rows_max must be 1 … 10,000,000");
    if (age_max < std::chrono::hours(1)) problems.emplace_back("error_log.age_max must be at least one hour");
    return problems;
}

std::uint64_t JudgedCounts::total() const {
    return std::accumulate(by_type.begin(), by_type.end(), std::uint64_t{0});
}

ErrorRecord error_of(const LabelledSample& sample) {
    const Prediction& prediction = sample.prediction;
    return ErrorRecord{0,
                       prediction.at,
                       prediction.request,
                       prediction.predicted,
                       sample.label,
                       prediction.tier,
                       prediction.probability,
                       prediction.margin,
                       prediction.score,
                       prediction.version,
                       sample.row,
                       ErrorType::Unjudged};
}

Result<> ErrorLog::append(std::span<const ErrorRecord> errors, TimePoint now) {
    if (errors.empty()) return {};
    auto insert = SKERRY_TRY(database_->prepare(
        "INSERT INTO error (at, request, predicted, truth, tier, probability, margin, score, global, local, label_row, "
        "type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (const ErrorRecord& error : errors) {
        insert.reset().bind(milliseconds_of(error.at), error.request, error.predicted, error.truth,
                            static_cast<std::int64_t>(error.tier), double{error.probability}, double{error.margin},
                            double{error.score}, error.version.global, error.version.local, error.label_row,
                            static_cast<std::int64_t>(error.type));
        SKERRY_TRY(insert.run());
    }
    return prune(now);
}

Result<> ErrorLog::prune(TimePoint now) {
    const std::size_t rows = config_.rows();
    SKERRY_TRY(database_->run("DELETE FROM error WHERE at < ? AND id <= (SELECT max(id) FROM error) - ?",
                              milliseconds_of(now - config_.age_max), std::max<std::size_t>(rows / 10, 1)));
    // Ids have no gaps but at the old end, where age took some: then fewer rows than allowed are kept, never more.
    return database_->run("DELETE FROM error WHERE id <= (SELECT max(id) FROM error) - ?", rows);
}

Result<> ErrorLog::judge(std::span<const JudgedError> errors) {
    if (errors.empty()) return {};
    const std::uint64_t number = SKERRY_TRY(judged()) + 1;
    auto update = SKERRY_TRY(database_->prepare("UPDATE error SET type = ?, judged = ? WHERE label_row = ?"));
    for (const JudgedError& error : errors)
        SKERRY_TRY(update.reset().bind(static_cast<std::int64_t>(error.type), number, error.row).run());
    return database_->run("UPDATE error_judged SET number = ? WHERE id = 1", number);
}

Result<std::vector<ErrorRecord>> ErrorLog::list(const ErrorFilter& filter, std::size_t count_max) {
    auto rows = SKERRY_TRY(database_->prepare(
        "SELECT id, at, request, predicted, truth, tier, probability, margin, score, global, local, label_row, type "
        "FROM error "
        "WHERE (?1 IS NULL OR truth = ?1) AND (?2 IS NULL OR predicted = ?2) AND (?3 IS NULL OR tier = ?3) "
        "AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR id < ?5) AND (?7 IS NULL OR type = ?7) "
        "ORDER BY id DESC LIMIT ?6"));
    std::optional<std::int64_t> tier;
    if (filter.tier) tier = static_cast<std::int64_t>(*filter.tier);
    std::optional<std::int64_t> since;
    if (filter.since) since = milliseconds_of(*filter.since);
    std::optional<std::int64_t> type;
    if (filter.type) type = static_cast<std::int64_t>(*filter.type);
    rows.bind(filter.truth, filter.predicted, tier, since, filter.before_id, count_max, type);
    std::vector<ErrorRecord> errors;
    while (SKERRY_TRY(rows.step())) {
        ErrorRecord& error = errors.emplace_back();
        error.id = rows.uint64(0);
        error.at = time_of(rows.int64(1));
        error.request = rows.text(2);
        error.predicted = static_cast<std::uint32_t>(rows.uint64(3));
        error.truth = static_cast<std::uint32_t>(rows.uint64(4));
        error.tier = static_cast<Tier>(rows.uint64(5));
        error.probability = static_cast<float>(rows.number(6));
        error.margin = static_cast<float>(rows.number(7));
        error.score = static_cast<float>(rows.number(8));
        error.version.global.value = rows.uint64(9);
        error.version.local = rows.uint64(10);
        error.label_row = rows.uint64(11);
        error.type = type_stored(rows.uint64(12));
    }
    return errors;
}

Result<std::uint64_t> ErrorLog::judged() {
    auto row = SKERRY_TRY(database_->prepare("SELECT number FROM error_judged WHERE id = 1"));
    return SKERRY_TRY(row.step()) ? row.uint64(0) : 0;
}

Result<JudgedCounts> ErrorLog::judged_since(std::uint64_t cursor, std::size_t pairs_max) {
    JudgedCounts counts;
    counts.cursor = std::max(cursor, SKERRY_TRY(judged()));
    {
        auto types = SKERRY_TRY(
            database_->prepare("SELECT type, count(*) FROM error WHERE judged > ? AND judged <= ? GROUP BY type"));
        types.bind(cursor, counts.cursor);
        while (SKERRY_TRY(types.step()))
            counts.by_type[static_cast<std::size_t>(type_stored(types.uint64(0)))] += types.uint64(1);
    }
    auto rows = SKERRY_TRY(
        database_->prepare("SELECT truth, predicted, count(*) AS n FROM error WHERE judged > ? AND judged <= ? "
                           "GROUP BY truth, predicted ORDER BY n DESC, truth, predicted LIMIT ?"));
    rows.bind(cursor, counts.cursor, pairs_max);
    while (SKERRY_TRY(rows.step())) {
        counts.pairs.push_back(ConfusionCount{static_cast<std::uint32_t>(rows.uint64(0)),
                                              static_cast<std::uint32_t>(rows.uint64(1)), rows.uint64(2)});
    }
    return counts;
}

Result<std::array<std::uint64_t, kErrorTypes>> ErrorLog::counts_by_type() {
    auto rows = SKERRY_TRY(database_->prepare("SELECT type, count(*) FROM error GROUP BY type"));
    std::array<std::uint64_t, kErrorTypes> counts{};
    while (SKERRY_TRY(rows.step()))
        counts[static_cast<std::size_t>(type_stored(rows.uint64(0)))] += rows.uint64(1);
    return counts;
}

Result<std::uint64_t> ErrorLog::size() {
    auto rows = SKERRY_TRY(database_->prepare("SELECT count(*) FROM error"));
    static_cast<void>(SKERRY_TRY(rows.step()));
    return rows.uint64(0);
}

}  // namespace skerry::feedback
