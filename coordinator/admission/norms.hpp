#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// How far ln(norm) of an update may stray before it is odd, at the least. Honest nodes differ by less in quiet times:
/// then 1.4826·MAD is 0.06 to 0.4, and a node whose labels change overnight sends six times the norm of the others
/// (measured on five nodes of four digits each). With 6 deviations of 0.5, twenty times the median pass.
inline constexpr double kNormSpreadMin = 0.5;

/// (value − median) / max(1.4826·MAD, kNormSpreadMin) of the known values (robust.hpp).
[[nodiscard]] double robust_score(double value, std::deque<double> known);

/// The newest norms of the fleet, and whether another one is odd among them. One-sided: what is too small moves
/// nothing.
///
/// Compared is ln(norm) − ½·ln(examples) within a tier: a longer prefix has a larger norm, and a node that was away
/// sends many steps at once, whose sum grows at least like a walk's. Updates of nodes in quarantine are not among the
/// known until they are released; a node's own updates of up to twice a released one are no outliers again, since the
/// operator has looked. Norms that fall, as all do while a model begins to learn, never make an outlier. A fold over
/// the ledger. Memory: 1.5 KiB, and 100 bytes a node. Not thread-safe.
class Norms {
public:
    static constexpr std::size_t kWindow = 64;   ///< of each tier
    static constexpr std::size_t kKnownMin = 8;  ///< fewer say nothing

    void apply(const ledger::UpdateAccepted& event);
    void apply(const ledger::UpdateSetAside& event);
    void apply(const ledger::NodeQuarantined& event);
    void apply(const ledger::NodeReleased& event);

    struct Outlier {
        double score = 0;  ///< robust deviations above the median
        double times = 0;  ///< of the median
    };
    /// Nothing: it is none, or too little is known.
    [[nodiscard]] std::optional<Outlier> judge(const ledger::UpdateAccepted& update, double score_max) const;

private:
    struct Value {
        Tier tier = Tier::Heavy;
        double log = 0;
    };
    struct OfNode {
        bool quarantined = false;
        std::optional<Value> held;      ///< of its update that is not among the known
        std::optional<double> cleared;  ///< the largest that an operator has released
    };

    [[nodiscard]] static std::optional<Value> value_of(const ledger::UpdateAccepted& update);
    void know(const Value& value);

    std::array<std::deque<double>, kTiers> known_;
    std::map<NodeId, OfNode> nodes_;
};

}  // namespace skerry::coordinator
