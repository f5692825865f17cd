#pragma once

namespace skerry::bench {

/// Floating-point operations a nanosecond of one core, in a loop of fused multiply-adds that touches no memory: the
/// most that any network could reach on it. Blocks for some 0.1 ms.
[[nodiscard]] double arithmetic_peak();

}  // namespace skerry::bench
