#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "coordinator/ledger/events.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// What the heavy exits of the whole fleet say of each class: what nodes without heavy may learn beside the label. A
/// fold over the ledger, as FleetAudits: each version with soft labels in its updates halves what was known and adds
/// theirs. No update counts for more than kRowsMax rows of a class nor for more than kVoiceRowsMax of all, scaled down,
/// and a node has one in a version: however much it claims to have seen, it is one voice among the others. Whole
/// numbers, so that every restart announces the same bytes. Memory: 10 bytes for each pair of classes, and 2 for each
/// update that waits. Not thread-safe.
class FleetSoftLabels {
public:
    static constexpr std::uint32_t kRowsMax = 512;
    /// What an honest node has at most: its rows fade, so that of however many samples no more are left.
    static constexpr std::uint64_t kVoiceRowsMax = 2000;

    void apply(const ledger::UpdateAccepted& event);
    void apply(const ledger::UpdateSetAside& event);
    /// A version counts this set.
    void count(const std::vector<Contribution>& set);

    /// Empty: nothing is known.
    [[nodiscard]] wire::SoftLabels known() const { return announced(known_); }
    /// What is known once a version counts this set.
    [[nodiscard]] wire::SoftLabels with(const std::vector<Contribution>& set) const { return announced(sum_with(set)); }

private:
    struct Sum {
        std::vector<std::uint64_t> rows;    ///< shape [classes]
        std::vector<std::uint64_t> shares;  ///< rows · share, shape [classes, classes]
    };
    static void halve(Sum& sum);
    static void add(Sum& sum, const wire::SoftLabels& voice);
    [[nodiscard]] static wire::SoftLabels announced(const Sum& sum);
    [[nodiscard]] Sum sum_with(const std::vector<Contribution>& set) const;

    std::map<UpdateId, wire::SoftLabels> waiting_;  ///< of updates that no version counts; capped
    Sum known_;
};

}  // namespace skerry::coordinator
