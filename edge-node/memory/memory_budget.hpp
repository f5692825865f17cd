#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/error.hpp"

namespace skerry::node {

/// What takes memory for a while and gives it back.
enum class MemoryUse {
    Batch,     ///< a request being answered
    Learning,  ///< the learner child, from its start until it has left, and the snapshot that its step makes
    Install,   ///< a model version being put in the place of another: for a moment there are both
};
inline constexpr std::size_t kMemoryUses = 3;
/// "batches", "learning", "installs"
[[nodiscard]] const char* name_of(MemoryUse use);

class MemoryLease;

/// One amount of memory for all that a process and its children do. A task of need n is admitted iff
///
///     Σ need of the admitted + shared + reserve + n ≤ budget,    reserve = max(8 % of the budget, min(1 GB, budget /
///     8))
///
/// where shared is what the process holds whoever works, with the weights that all tasks read counted once. Many small
/// tasks (base slots) and few big ones (enhanced slots) are two shapes of this one rule: slots() of the one need or
/// the other. Without a budget everything is admitted, and counted all the same. One thread at a time.
class MemoryBudget : public std::enable_shared_from_this<MemoryBudget> {
public:
    [[nodiscard]] static std::shared_ptr<MemoryBudget> of(std::optional<std::uint64_t> bytes);

    void set_shared(std::uint64_t bytes) { shared_ = bytes; }

    /// Admits a task until its lease ends. Unavailable: it does not fit now, or never would: a sentence with all
    /// numbers, and what to do.
    [[nodiscard]] Result<MemoryLease> admit(MemoryUse use, std::uint64_t need);
    /// The same without taking it.
    [[nodiscard]] Result<> fits(std::uint64_t need) const;

    /// How many more tasks of that need fit now; nothing: any number.
    [[nodiscard]] std::optional<std::uint64_t> slots(std::uint64_t need) const;

    [[nodiscard]] std::optional<std::uint64_t> bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t shared() const { return shared_; }
    [[nodiscard]] std::uint64_t reserve() const;
    [[nodiscard]] std::uint64_t promised(MemoryUse use) const { return promised_[static_cast<std::size_t>(use)]; }
    [[nodiscard]] std::uint64_t promised() const;

private:
    friend class MemoryLease;
    explicit MemoryBudget(std::optional<std::uint64_t> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint64_t free_bytes() const;

    std::optional<std::uint64_t> bytes_;
    std::uint64_t shared_ = 0;
    std::array<std::uint64_t, kMemoryUses> promised_{};
};

/// The memory that one task was promised; its end gives it back. May outlive everything but the thread's rule.
class MemoryLease {
public:
    MemoryLease() = default;
    MemoryLease(MemoryLease&& other) noexcept;
    MemoryLease& operator=(MemoryLease&& other) noexcept;
    ~MemoryLease();

    [[nodiscard]] std::uint64_t need() const { return need_; }

private:
    friend class MemoryBudget;
    MemoryLease(std::shared_ptr<MemoryBudget> budget, MemoryUse use, std::uint64_t need);
    void end();

    std::shared_ptr<MemoryBudget> budget_;
    MemoryUse use_ = MemoryUse::Batch;
    std::uint64_t need_ = 0;
};

/// "31.5 MB": for sentences.
[[nodiscard]] std::string megabytes(std::uint64_t bytes);

}  // namespace skerry::node
