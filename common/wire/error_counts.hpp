#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::wire {

/// How often a truth was taken for another class since the last update.
struct ClassPairCount {
    std::uint16_t truth = 0;
    std::uint16_t predicted = 0;
    std::uint32_t count = 0;
    bool operator==(const ClassPairCount&) const = default;
};

/// What an update says of the wrong answers among the labels that it has learned, beside how many they are and its most
/// frequent class pairs. Counts only: nothing of a sample is in it. PROTOCOL.md §10.
struct ErrorCounts {
    static constexpr std::size_t kTypes = 8;  ///< feedback::ErrorType, in its order

    std::array<std::uint32_t, kTypes> by_type{};
    std::uint32_t other = 0;  ///< in none of the update's class pairs
    bool operator==(const ErrorCounts&) const = default;

    [[nodiscard]] std::uint64_t total() const;
};

/// The numbers of `by_type`, then `other`, each u32, little-endian.
inline constexpr std::size_t kErrorCountsBytes = (ErrorCounts::kTypes + 1) * 4;
[[nodiscard]] Bytes encoded(const ErrorCounts& counts);
/// InvalidInput: not kErrorCountsBytes long. Any numbers are read; check() judges them.
[[nodiscard]] Result<ErrorCounts> error_counts_of(ByteView bytes);

/// InvalidInput: these are no counts of one set of errors, which has `errors` of `labelled` answers. Each error is of
/// one type, and in one pair or `other`; a pair is named once and is of two classes. Cost: that of the pairs, sorted.
[[nodiscard]] Result<> check(const ErrorCounts& counts, std::uint64_t labelled, std::uint64_t errors,
                             std::span<const ClassPairCount> pairs);

}  // namespace skerry::wire
