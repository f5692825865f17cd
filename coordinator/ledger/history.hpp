#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "common/storage/sqlite.hpp"
#include "coordinator/ledger/error_tally.hpp"
#include "coordinator/ledger/ledger_view.hpp"

namespace skerry::coordinator::ledger {

struct UpdateRow {
    UpdateId update;
    std::string name;  ///< of the node
    LeaseId lease;
    ModelVersion base;
    std::uint64_t staleness = 0;
    Tier tier = Tier::Heavy;
    std::uint64_t examples = 0;
    std::uint64_t weight = 0;
    std::uint64_t bytes = 0;
    Digest content{};
    double norm = 0;
    std::uint64_t labelled = 0;
    std::uint64_t errors = 0;
    TimePoint accepted;
    RoundId round;  ///< that counts it, or was open when it was accepted
    std::optional<ModelVersion> version;
    std::string set_aside;  ///< why it will never count; empty: it counts or may
    bool held = false;      ///< it waits for no round while its node is in quarantine
    wire::SignedBytes receipt;
};

struct RefusalRow {
    UpdateId update;
    std::string name;
    wire::RefusalCode code = wire::RefusalCode::Malformed;
    std::string text;
    std::uint64_t bytes = 0;
    Digest content{};
    TimePoint at;
    RoundId round;
};

struct AlarmRow {
    std::uint64_t id = 0;  ///< its entry in the journal
    NodeId node;
    std::string name;  ///< of the node
    DriftAlarm alarm;
    TimePoint recorded;
    std::uint64_t missed = 0;
    std::optional<RoundId> early;  ///< the round that it made an early one
};

struct AlarmFilter {
    std::optional<NodeId> node = {};
    std::optional<TimePoint> since = {};  ///< recorded from then on
};

/// An entry of the journal, in words.
struct EntryRow {
    std::uint64_t entry = 0;
    TimePoint at;
    std::string kind;  ///< name_of(event)
    std::optional<NodeId> node;
    std::string name;  ///< of the node
    std::optional<RoundId> round;
    std::optional<ModelVersion> version;
    std::string text;
};

struct EntryFilter {
    std::string kind = {};  ///< empty: all
    std::optional<NodeId> node = {};
    std::optional<RoundId> round = {};
    std::optional<TimePoint> since = {};
};

struct RoundRow {
    RoundId id;
    std::string state;  ///< "open", "frozen", "published", "abandoned"
    TimePoint opened, deadline;
    std::uint64_t goal = 0, quorum = 0, accepted = 0;
    std::optional<TimePoint> frozen, ended;
    std::optional<ModelVersion> parent, version;
    std::optional<std::uint64_t> weight;
    std::optional<Digest> sum;
    std::string reason;
    std::optional<TimePoint> erased;     ///< when the sealed updates that it counts were; nothing: they are kept
    std::string erased_by;               ///< the limit that asked for it, as the configuration names it
    std::optional<std::uint64_t> early;  ///< AlarmRow::id of the alarm that made it an early one
    Recipe recipe;
    Digest seed{};  ///< zeros until it is frozen
};

struct TrialRow {
    ModelVersion against;
    TimePoint began, deadline;
    std::uint64_t canaries = 0;
    std::optional<TimePoint> ended;
    std::string outcome, reason;  ///< empty until it ended
    wire::TrialCounts counts;     ///< of all canaries, when it ended
};

struct VersionRow {
    ModelVersion version, parent;
    RoundId round;
    TimePoint published;
    std::uint64_t updates = 0;
    std::uint64_t weight = 0;
    Digest sum{}, weights{};
    wire::SignedBytes manifest;
    bool dropped = false;
    std::optional<Digest> optimiser;       ///< the blob of what it remembers
    std::optional<ModelVersion> restores;  ///< the version whose weights these are again
    Tier restores_from = Tier::Light;      ///< from this tier on; below it they are the parent's
    std::string reason;                    ///< of that
    std::optional<TrialRow> trial;         ///< with canaries, before all others had it
};

struct ConfusionRow {
    std::uint16_t truth = 0, predicted = 0;
    std::uint64_t count = 0;
};

/// The wrong answers that counted updates report.
struct FleetErrorRows {
    struct Node {
        NodeId node;
        std::string name;
        ErrorTally tally;
    };
    ErrorTally fleet;
    std::vector<ConfusionRow> pairs;  ///< most frequent first
    std::vector<Node> nodes;          ///< by name
};

/// What people ask about the past, from the projections. Reads only. Errors of all: Unavailable: the database cannot be
/// read now; NotFound where a single thing was asked for. Same thread as the journal.
class History final : public LedgerView {
public:
    explicit History(storage::Database& database) : database_(database) {}

    [[nodiscard]] Result<std::optional<Fate>> fate_of(const UpdateId& update) const override;

    /// Newest first.
    [[nodiscard]] Result<std::vector<RoundRow>> rounds(std::size_t limit) const;
    [[nodiscard]] Result<RoundRow> round(RoundId id) const;
    /// Counted by that round, or waiting while it is open; in the order in which they are summed.
    [[nodiscard]] Result<std::vector<UpdateRow>> contributors(const RoundRow& round) const;
    /// Accepted in that round, and held or set aside since; in the same order.
    [[nodiscard]] Result<std::vector<UpdateRow>> uncounted(RoundId round) const;
    [[nodiscard]] Result<std::vector<RefusalRow>> refusals(RoundId round) const;
    /// Accepted while that round gathered, and set aside since.
    [[nodiscard]] Result<std::vector<UpdateRow>> set_aside(RoundId round) const;
    /// Waited when that round ended; what rounds soon after it have counted, or what waits still. At most a thousand.
    [[nodiscard]] Result<std::vector<UpdateRow>> left_over(RoundId round) const;
    /// Newest first.
    [[nodiscard]] Result<std::vector<UpdateRow>> updates_of(const NodeId& node, std::size_t limit) const;
    [[nodiscard]] Result<std::vector<RefusalRow>> refusals_of(const NodeId& node, std::size_t limit) const;
    /// history_drift.cpp
    [[nodiscard]] Result<std::vector<AlarmRow>> alarms(const AlarmFilter& filter, std::size_t limit) const;
    [[nodiscard]] Result<AlarmRow> alarm(std::uint64_t id) const;
    /// history_audit.cpp: newest first. Cost: that of all entries which are read on the way; ends early, as
    /// Unavailable, when `stop` is set.
    [[nodiscard]] Result<std::vector<EntryRow>> entries(const EntryFilter& filter, std::size_t limit,
                                                        const std::atomic<bool>& stop) const;
    [[nodiscard]] Result<std::vector<VersionRow>> versions(std::size_t limit) const;
    [[nodiscard]] Result<VersionRow> version(ModelVersion version) const;
    /// history_errors.cpp: of one node, or of all; of all counted updates, or of those accepted since a moment. Cost:
    /// that of the nodes and their class pairs; since a moment, that of the updates since then.
    [[nodiscard]] Result<FleetErrorRows> errors(const std::optional<NodeId>& node,
                                                const std::optional<TimePoint>& since) const;
    /// Published rounds whose updates are erased, of each limit that asked for it.
    struct Erasures {
        std::string by;
        std::uint64_t rounds = 0;
        RoundId newest;
    };
    [[nodiscard]] Result<std::vector<Erasures>> erasures() const;
    struct Counts {
        std::uint64_t accepted = 0, counted = 0, set_aside = 0, refused = 0;
    };
    /// Cost: that of the nodes, however long the history is.
    [[nodiscard]] Result<Counts> counts() const;

private:
    storage::Database& database_;
};

}  // namespace skerry::coordinator::ledger
