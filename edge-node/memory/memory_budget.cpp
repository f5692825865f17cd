#include "edge-node/memory/memory_budget.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace skerry::node {
namespace {

constexpr std::uint64_t kReserveMax = 1'000'000'000;

/// No sum of needs, whoever claims them, comes round to a small one.
std::uint64_t saturated(std::uint64_t a, std::uint64_t b) {
    return a > std::numeric_limits<std::uint64_t>::max() - b ? std::numeric_limits<std::uint64_t>::max() : a + b;
}

}  // namespace

const char* name_of(MemoryUse use) {
    switch (use) {
        case MemoryUse::Batch:
            return "batches";
        case MemoryUse::Learning:
            return "learning";
        case MemoryUse::Install:
            return "installs";
    }
    return "batches";
}

std::string megabytes(std::uint64_t bytes) {
    const std::uint64_t tenths = bytes / 100'000 + (bytes % 100'000 >= 50'000 ? 1 : 0);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

std::shared_ptr<MemoryBudget> MemoryBudget::of(std::optional<std::uint64_t> bytes) {
    return std::shared_ptr<MemoryBudget>(new MemoryBudget(bytes));
}

std::uint64_t MemoryBudget::reserve() const {
    if (!bytes_) return 0;
    return std::max(*bytes_ / 100 * 8, std::min(kReserveMax, *bytes_ / 8));
}

std::uint64_t MemoryBudget::promised() const {
    return std::accumulate(promised_.begin(), promised_.end(), std::uint64_t{0}, saturated);
}

std::uint64_t MemoryBudget::free_bytes() const {
    const std::uint64_t taken = saturated(saturated(promised(), shared_), reserve());
    return *bytes_ - std::min(*bytes_, taken);
}

Result<> MemoryBudget::fits(std::uint64_t need) const {
    if (!bytes_ || need <= free_bytes()) return {};
    const std::uint64_t alone = saturated(saturated(need, shared_), reserve());
    std::string sentence = megabytes(need) + " are needed, and of the memory budget of " + megabytes(*bytes_) + " " +
                           megabytes(free_bytes()) + " are free: " + megabytes(shared_) + " are held, ";
    for (std::size_t use = 0; use < kMemoryUses; ++use) {
        if (promised_[use] == 0) continue;
        sentence += megabytes(promised_[use]) + " are promised to " + name_of(static_cast<MemoryUse>(use)) + ", ";
    }
    sentence += megabytes(reserve()) + " stay in reserve";
    // The reserve grows with the budget, by an eighth at most.
    if (alone > *bytes_) {
        sentence += "; it would not fit alone either: a budget of " +
                    megabytes(saturated(saturated(need, shared_), saturated(need, shared_) / 7 + 100'000)) +
                    " takes it";
    }
    return fail(ErrorCode::Unavailable, std::move(sentence));
}

Result<MemoryLease> MemoryBudget::admit(MemoryUse use, std::uint64_t need) {
    SKERRY_TRY(fits(need));
    return MemoryLease(shared_from_this(), use, need);
}

std::optional<std::uint64_t> MemoryBudget::slots(std::uint64_t need) const {
    if (!bytes_) return std::nullopt;
    return free_bytes() / std::max<std::uint64_t>(need, 1);
}

MemoryLease::MemoryLease(std::shared_ptr<MemoryBudget> budget, MemoryUse use, std::uint64_t need)
    : budget_(std::move(budget)), use_(use), need_(need) {
    budget_->promised_[static_cast<std::size_t>(use_)] += need_;
}

MemoryLease::MemoryLease(MemoryLease&& other) noexcept
    : budget_(std::move(other.budget_)), use_(other.use_), need_(std::exchange(other.need_, 0)) {}

MemoryLease& MemoryLease::operator=(MemoryLease&& other) noexcept {
    if (this == &other) return *this;
    end();
    budget_ = std::move(other.budget_);
    use_ = other.use_;
    need_ = std::exchange(other.need_, 0);
    return *this;
}

MemoryLease::~MemoryLease() {
    end();
}

void MemoryLease::end() {
    if (budget_) budget_->promised_[static_cast<std::size_t>(use_)] -= need_;
    budget_.reset();
    need_ = 0;
}

}  // namespace skerry::node
