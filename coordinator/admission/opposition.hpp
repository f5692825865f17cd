#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// Which nodes pull the model back from where the fleet moves it, by the cosines in the ledger (UpdateAccepted::along).
///
/// A model goes where its nodes pull, on the whole, so an honest node goes along on the average, whatever its data are;
/// one that sends the opposite of what it has learned, or learns from labels that contradict the others', pulls back
/// for as long as the model moves. But so does, for a while, an honest one that others have joined, or whose world has
/// changed before theirs. So a node is first doubted: its updates count as one example's, until nothing is left against
/// it, or an operator releases it. Who opposes the fleet a second time `relapses`.
///
/// What an update says against its node is minus its cosine, less what passes: kPasses, or the fleet's median and a
/// robust deviation, the larger; a quarter at most. Where less passes it says as much for it, but no more than its norm
/// is of the largest that spoke against it; of who is doubted only from as far on the other side. What there is against
/// a node never falls below nothing (Page 1954, CUSUM), nor above the limit and half. Nothing is said before the newest
/// kWindow updates of the tier, or of all, are of kNodesMin nodes. Who was doubted is what the ledger says; the rest is
/// a fold over it. Memory: 5 KiB, and 100 bytes a node. Not thread-safe.
class Opposition {
public:
    static constexpr std::size_t kWindow = 64;
    static constexpr std::size_t kNodesMin = 5;
    static constexpr double kStepMax = 0.25;
    static constexpr double kPasses = 0.02;

    /// 0: nobody is doubted.
    explicit Opposition(double limit) : limit_(limit) {}

    void apply(const ledger::UpdateAccepted& event);
    void apply(const ledger::NodeQuarantined& event);
    void apply(const ledger::NodeReleased& event);

    struct Standing {
        double against = 0;
        double strongest = 0;       ///< norm of the updates that say it
        std::uint64_t updates = 0;  ///< that say it
        std::uint64_t doubts = 0;   ///< times that it came to be doubted
        bool doubted = false;
    };
    [[nodiscard]] Standing of(const NodeId& node) const;
    /// What a version of so many updates is to count in Movements: as much as makes the average one of four updates of
    /// each node of the windows.
    [[nodiscard]] double share_of(std::size_t updates) const;
    /// With this update, which is not applied yet.
    [[nodiscard]] Standing with(const ledger::UpdateAccepted& update) const;
    /// It was doubted before, and this update makes it doubted again.
    [[nodiscard]] bool relapses(const ledger::UpdateAccepted& update) const;

private:
    struct Sign {
        NodeId node;
        double along = 0;
    };
    struct OfNode {
        bool quarantined = false;
        Standing standing;
    };

    [[nodiscard]] std::optional<double> passes(Tier tier) const;

    double limit_;
    std::array<std::deque<Sign>, kTiers> newest_;
    std::map<NodeId, OfNode> nodes_;
};

}  // namespace skerry::coordinator
