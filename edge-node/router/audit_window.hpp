#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "edge-node/router/audit.hpp"
#include "edge-node/router/binomial_interval.hpp"

namespace skerry::node {

/// The newest audits of a node, weighted by 1/p, so that sums over them stand for all requests. Bounded: kCapacity
/// audits of 16 bytes.
class AuditWindow {
public:
    static constexpr std::size_t kCapacity = 8192;

    void add(const Audit& audit);
    /// Older audits count so much less from now on: the weights that they were made with have changed. `factor`: 0 … 1.
    void fade(float factor);
    void clear() { audits_.clear(), next_ = 0; }

    [[nodiscard]] std::span<const Audit> audits() const { return audits_; }
    [[nodiscard]] std::size_t size() const { return audits_.size(); }
    /// Kish's effective number: (Σw)² / Σw²; the number itself where all weights are equal. 0: none.
    [[nodiscard]] double effective() const;

    /// How often the answers given were not heavy's. The share is Σwℓ/Σw; its 95 % interval is Clopper and Pearson's
    /// for that share of effective() trials: exact for equal weights, an approximation (Korn and Graubard 1998) else.
    struct Disagreement {
        double share = 0;
        Interval interval{0, 1};
    };
    [[nodiscard]] Disagreement disagreement() const;

private:
    std::vector<Audit> audits_;  ///< a ring once it is full
    std::size_t next_ = 0;
};

}  // namespace skerry::node
