#include "coordinator/admission/budgets.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::coordinator {

using std::chrono::milliseconds;

TokenBucket::TokenBucket(std::uint64_t capacity, milliseconds time, TimePoint now)
    : capacity_(static_cast<double>(capacity)),
      per_ms_(capacity_ / static_cast<double>(time.count())),
      level_(capacity_),
      filled_(now) {}

// A clock that was set back fills nothing, and goes on from where it is.
void TokenBucket::fill(TimePoint now) {
    if (now > filled_) level_ = std::min(capacity_, level_ + per_ms_ * static_cast<double>((now - filled_).count()));
    filled_ = now;
}

milliseconds TokenBucket::wait(std::uint64_t amount, TimePoint now) {
    fill(now);
    const double missing = std::min(static_cast<double>(amount), capacity_) - level_;
    // Less than what a millisecond brings is a matter of rounding.
    if (missing <= per_ms_ * 0.5) return milliseconds(0);
    return milliseconds(static_cast<std::int64_t>(std::ceil(missing / per_ms_)));
}

void TokenBucket::take(std::uint64_t amount, TimePoint now) {
    fill(now);
    level_ -= static_cast<double>(amount);
}

std::uint64_t TokenBucket::left(TimePoint now) {
    fill(now);
    return static_cast<std::uint64_t>(std::max(level_, 0.0));
}

Budgets::OfNode& Budgets::of(const NodeId& node, TimePoint now) {
    const auto [found, fresh] = nodes_.try_emplace(node);
    if (fresh) {
        using namespace std::chrono_literals;
        if (policy_.updates_per_minute != 0) found->second.updates.emplace(policy_.updates_per_minute, 1min, now);
        if (policy_.bytes_per_hour != 0) found->second.bytes.emplace(policy_.bytes_per_hour, 1h, now);
    }
    return found->second;
}

std::optional<milliseconds> Budgets::limit(const NodeId& node, std::uint64_t bytes, TimePoint now) {
    OfNode& budget = of(node, now);
    milliseconds wait{0};
    if (budget.updates) wait = budget.updates->wait(1, now);
    if (budget.bytes) wait = std::max(wait, budget.bytes->wait(bytes, now));
    if (wait.count() == 0) return std::nullopt;
    ++budget.limited;
    return wait;
}

void Budgets::spend(const NodeId& node, std::uint64_t bytes, TimePoint now) {
    OfNode& budget = of(node, now);
    if (budget.updates) budget.updates->take(1, now);
    if (budget.bytes) budget.bytes->take(bytes, now);
}

Budgets::Left Budgets::left(const NodeId& node, TimePoint now) const {
    const auto found = nodes_.find(node);
    OfNode budget = found == nodes_.end() ? Budgets(policy_).of(node, now) : found->second;
    Left left;
    if (budget.updates) left.updates = budget.updates->left(now);
    if (budget.bytes) left.bytes = budget.bytes->left(now);
    left.limited = budget.limited;
    return left;
}

}  // namespace skerry::coordinator
