#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/storage/sqlite.hpp"
#include "common/storage/turn_files.hpp"
#include "feedback/drift_log.hpp"
#include "feedback/error_log.hpp"
#include "feedback/label_join.hpp"
#include "feedback/prediction.hpp"

namespace skerry::feedback {

struct LabelStoreConfig {
    /// Request ids kept after their label was learned, so that a repeated label is known as one.
    std::size_t remembered_ids_max = 100'000;
    ErrorLogConfig errors;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// One step of learning, as it becomes durable: all of it or nothing.
struct StepCommit {
    std::span<const std::uint64_t> consumed;  ///< rows that this step has learned from
    std::span<const ByteView> checkpoint;     ///< in parts; replaces the one before
    TimePoint now;
    std::span<const JudgedError> errors = {};  ///< types that it found
    std::span<const DriftAlarm> alarms = {};   ///< that it raised, numbered
};

/// Labels that were acknowledged and what was learned from them: one SQLite database, durable at each commit, and
/// beside it two files, of which a row says which one holds the checkpoint (PATH-checkpoint-0 and -1).
///
/// A label is learned exactly once: its consumption and the checkpoint that contains it are one transaction, so after
/// a crash it is either in the checkpoint or still to be learned. A consumed row loses its sample and keeps its id.
/// Every call may fail as storage::Database says. One thread at a time.
class LabelStore {
public:
    /// Opens or creates. Errors: as storage::Database::open and migrate.
    [[nodiscard]] static Result<std::unique_ptr<LabelStore>> open(const std::filesystem::path& path,
                                                                  LabelStoreConfig config);

    /// Makes labels durable in one transaction (group commit: the caller gathers those that wait for their answer).
    /// `row` of the given samples is ignored. A prediction that is on record already is skipped, its record stays.
    /// Wrong answers among the new ones go into the error log in the same transaction.
    [[nodiscard]] Result<> append(std::span<const LabelledSample> labels);

    /// The label on record for a request id, whether learned or not: of its newest prediction, where it was used for
    /// several. Nothing when there is none.
    [[nodiscard]] Result<std::optional<RecordedLabel>> label_of(std::string_view request);

    /// Up to `count_max` labelled samples that nothing was learned from yet, in the order of their predictions.
    /// Repeated calls give the same rows until commit_step consumes them.
    [[nodiscard]] Result<std::vector<LabelledSample>> unconsumed(std::size_t count_max);
    [[nodiscard]] Result<std::uint64_t> unconsumed_count();

    /// Consumption and checkpoint in one transaction. Nothing may be consumed: a checkpoint alone, after new
    /// global weights came. Conflict: a row is unknown or was consumed before; nothing has changed.
    [[nodiscard]] Result<> commit_step(const StepCommit& step);

    /// The checkpoint of the last commit; nothing before the first. NotFound: its file is gone, cut off or of another
    /// time than the database.
    [[nodiscard]] Result<std::optional<Bytes>> checkpoint();
    /// Greater than the order of every prediction on record.
    [[nodiscard]] Result<std::uint64_t> next_order();

    [[nodiscard]] ErrorLog& errors() { return errors_; }
    [[nodiscard]] DriftLog& alarms() { return alarms_; }
    /// The last call failed for want of room: nothing has changed, the same call may be repeated later.
    [[nodiscard]] bool disk_full() const { return database_.disk_full() || no_room_for_checkpoint_; }
    void forget_disk_full() {
        database_.forget_disk_full();
        no_room_for_checkpoint_ = false;
    }

private:
    LabelStore(storage::Database database, storage::TurnFiles checkpoints, LabelStoreConfig config)
        : database_(std::move(database)),
          checkpoints_(std::move(checkpoints)),
          config_(config),
          errors_(database_, config.errors),
          alarms_(database_) {}

    [[nodiscard]] Result<std::optional<storage::TurnFiles::Turn>> turn();

    storage::Database database_;
    storage::TurnFiles checkpoints_;
    bool no_room_for_checkpoint_ = false;  ///< the last call ended there
    LabelStoreConfig config_;
    ErrorLog errors_;  // borrows database_
    DriftLog alarms_;  // likewise
};

}  // namespace skerry::feedback
