#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "common/wire/error_counts.hpp"
#include "edge-node/session/events.hpp"
#include "edge-node/session/state.hpp"

namespace skerry::simulation {

/// How far the toy learner has come.
struct Totals {
    std::uint64_t steps = 0;
    std::uint64_t examples = 0;
    std::array<std::uint64_t, wire::ErrorCounts::kTypes> errors{};  ///< among the examples, by type
};

/// What a node's disk holds: node::Spool and the learner's checkpoint in memory, each function one durable transaction
/// with the spool's own semantics and, for every number, the spool's own arithmetic (edge-node/spool/rebase.hpp).
/// The spool's three-step installation, which a restart finishes, is one step here.
struct NodeDisk {
    struct Entry {
        node::SpooledUpdate update;
        Bytes sealed;              ///< let go with the receipt
        std::vector<float> delta;  ///< as the spool keeps it: zero in the statistics
        Totals before;
        Totals at;  ///< what it was taken at
    };

    std::size_t statistics = 0;  ///< values before the first that is learned
    wire::SignedBytes keys, certificate;
    ModelVersion installed;
    node::PushedAs installed_as;
    wire::SignedBytes manifest;  ///< of the installed version
    struct Arriving {
        node::Announced what;
        Bytes bytes;
    };
    std::optional<Arriving> arriving;  ///< node::ArrivingFile
    std::vector<float> base;           ///< of the installed version, this node's prefix
    std::vector<float> weights;        ///< the checkpoint
    Totals learned, sent;
    Sequence last_sequence;
    std::vector<Entry> spool;
    std::vector<DriftAlarm> alarms;           ///< by number; the real one keeps the newest only
    std::function<void()> on_change = [] {};  ///< whoever watches looks again

    [[nodiscard]] node::DurableState load() const;
    /// What the disk did not have yet of the version on its way, or no whole chunk of it, is gone.
    void lose_end_of_arriving(std::uint64_t percent_kept);
    /// weights − base − Σ Δ: what no update holds.
    [[nodiscard]] std::vector<float> progress() const;

    /// Some of the examples were answered wrong; which, follows from their number.
    void learn(std::span<const float> step, std::uint64_t examples);

    enum class Clips { Yes, No };
    /// Nothing: there is no progress.
    [[nodiscard]] std::optional<node::SpooledUpdate> take(const node::TakeUpdate& order,
                                                          const crypto::SigningKey& identity, Clips clips);
    /// What the spool has taken, as take() would: `update` is sealed already. False: there is no progress.
    [[nodiscard]] bool record(const node::TakeUpdate& order, const node::SpooledUpdate& update);
    /// Null: no such update, or it has its receipt.
    [[nodiscard]] const Entry* offered(Sequence sequence) const;
    void keep_receipt(Sequence sequence);
    void put_back(Sequence sequence);
    void drop_progress(Sequence sequence);

    enum class Keeps { All, NoProgress, CountedToo };
    void install(const node::InstallVersion& order, std::vector<float> weights_of_version, Keeps keeps);

private:
    void push(Sequence sequence, Entry entry);
    void report_errors(wire::UpdateBody& body, Sequence sequence) const;
};

}  // namespace skerry::simulation
