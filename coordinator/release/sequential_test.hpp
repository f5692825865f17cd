#pragma once

#include <cstdint>

namespace skerry::coordinator {

/// Whether a new way of doing something is worse than the old one, by the cases in which they differ (McNemar 1947),
/// looked at as they come (Wald 1945, the sequential probability ratio test).
///
/// Against each other stand: the new way wins half of these cases, and it wins a third of them. One that wins half or
/// more is called worse in at most 1 of 100 tests, however often one looks; one that wins a third or fewer passes in
/// at most 5. Cases are taken as independent.
enum class Shown : std::uint8_t { Nothing, Worse, NotWorse };

/// `won`, `lost`: differing cases so far, by the new way; at most 2^40 each. About 50 of them decide where it wins
/// half.
[[nodiscard]] Shown shown_by(std::uint64_t won, std::uint64_t lost);

}  // namespace skerry::coordinator
