#pragma once

#include <cstdint>

#include "common/base/bytes.hpp"

namespace skerry::storage {

/// XXH3-64 (Collet, xxHash_spec.md), some ten times as fast as SHA-256: tells what a disk has changed, and no
/// adversary.
[[nodiscard]] std::uint64_t checksum_of(ByteView bytes, std::uint64_t seed = 0);

}  // namespace skerry::storage
