#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/bytes.hpp"

namespace skerry::feedback {

/// A small generator whose whole state is one number, so that a checkpoint carries it and a replay draws the same.
/// Not for secrets. Steele et al. 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
class SeededRandom {
public:
    explicit SeededRandom(std::uint64_t state) : state_(state) {}

    std::uint64_t next() {
        std::uint64_t value = state_ += 0x9E3779B97F4A7C15ULL;
        value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
        return value ^ (value >> 31U);
    }
    /// Uniform in [0, bound); `bound` at least 1. The bias of the multiplication is below bound/2^64.
    std::size_t below(std::size_t bound) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::size_t>((static_cast<Wide>(next()) * bound) >> 64U);
    }
    /// Uniform in [0, 1).
    double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

    [[nodiscard]] std::uint64_t state() const { return state_; }

private:
    std::uint64_t state_;
};

}  // namespace skerry::feedback
