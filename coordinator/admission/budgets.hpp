#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "coordinator/admission/admission_policy.hpp"

namespace skerry::coordinator {

/// So much in so long a time, in any portions. What is larger than the whole passes when the bucket is full, and the
/// bucket is in debt then. Not thread-safe.
class TokenBucket {
public:
    /// Full. `capacity` above 0.
    TokenBucket(std::uint64_t capacity, std::chrono::milliseconds time, TimePoint now);

    /// How long until there is room for `amount`; 0: there is.
    [[nodiscard]] std::chrono::milliseconds wait(std::uint64_t amount, TimePoint now);
    void take(std::uint64_t amount, TimePoint now);
    [[nodiscard]] std::uint64_t left(TimePoint now);

private:
    void fill(TimePoint now);

    double capacity_;
    double per_ms_;
    double level_;
    TimePoint filled_;
};

/// What each node may still send. Volatile: a restart fills all buckets. Memory: 200 bytes for each node that has sent
/// anything since. Not thread-safe.
class Budgets {
public:
    explicit Budgets(BudgetPolicy policy) : policy_(policy) {}

    /// Whether an update of so many bytes may come: nothing, or how long until it may, which is counted.
    [[nodiscard]] std::optional<std::chrono::milliseconds> limit(const NodeId& node, std::uint64_t bytes,
                                                                 TimePoint now);
    /// It comes.
    void spend(const NodeId& node, std::uint64_t bytes, TimePoint now);

    struct Left {
        std::optional<std::uint64_t> updates, bytes;  ///< nothing: any
        std::uint64_t limited = 0;                    ///< times that limit() said no
    };
    [[nodiscard]] Left left(const NodeId& node, TimePoint now) const;
    [[nodiscard]] const BudgetPolicy& policy() const { return policy_; }

private:
    struct OfNode {
        std::optional<TokenBucket> updates, bytes;
        std::uint64_t limited = 0;
    };
    OfNode& of(const NodeId& node, TimePoint now);

    BudgetPolicy policy_;
    std::map<NodeId, OfNode> nodes_;
};

}  // namespace skerry::coordinator
