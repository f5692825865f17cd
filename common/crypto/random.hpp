#pragma once

#include <cstddef>
#include <span>

#include "common/base/bytes.hpp"

namespace skerry::crypto {

/// Fills `out` from the operating system's seeded generator. Thread-safe. A generator that fails ends the process:
/// there is no safe way to go on without one.
void fill_random(std::span<std::byte> out);

template <std::size_t N>
[[nodiscard]] ByteArray<N> random_bytes() {
    ByteArray<N> bytes;
    fill_random(bytes);
    return bytes;
}

}  // namespace skerry::crypto
