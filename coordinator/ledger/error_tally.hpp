#pragma once

#include <array>

#include "coordinator/ledger/events.hpp"
#include "feedback/error_type.hpp"

namespace skerry::coordinator::ledger {

/// The wrong answers that updates report, summed: 64 bits hold two thousand million updates. How many of which class
/// pair is left to the projections.
struct ErrorTally {
    std::uint64_t updates = 0;
    std::uint64_t labelled = 0;
    std::uint64_t errors = 0;
    std::array<std::uint64_t, feedback::kErrorTypes> by_type{};  ///< their sum is `errors`
    std::uint64_t other = 0;                                     ///< of class pairs that no update names

    bool operator==(const ErrorTally&) const = default;
    ErrorTally& operator+=(const ErrorTally& more);

    /// Of one update. What a node that is older than error counts does not say is `unjudged`, and of an `other` pair.
    [[nodiscard]] static ErrorTally of(const UpdateAccepted& update);
};

}  // namespace skerry::coordinator::ledger
