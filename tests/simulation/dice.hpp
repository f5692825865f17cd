#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/bytes.hpp"

namespace skerry::simulation {

/// All chance of a simulation: splitmix64, the same numbers on every machine (the standard's distributions are not).
/// Sebastiano Vigna, https://prng.di.unimi.it/splitmix64.c
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
        return mixed ^ (mixed >> 31U);
    }
    /// 0 … count − 1; `count` is at least 1.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    /// Both ends included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
    std::chrono::milliseconds between(std::chrono::milliseconds low, std::chrono::milliseconds high) {
        return low + std::chrono::milliseconds(below(static_cast<std::uint64_t>((high - low).count()) + 1));
    }
    bool chance(double probability) { return static_cast<double>(next() >> 11U) * 0x1p-53 < probability; }
    template <std::size_t N>
    ByteArray<N> bytes() {
        ByteArray<N> drawn;
        for (std::byte& byte : drawn)
            byte = static_cast<std::byte>(next() & 0xffU);
        return drawn;
    }
    /// Independent chance for a part, so that what one part draws does not shift the others.
    Dice fork() { return Dice(next()); }

private:
    std::uint64_t state_;
};

}  // namespace skerry::simulation
