#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"

namespace skerry::simulation {

/// All chance of a simulation.
class Dice : public Random {
public:
    using Random::Random;

    /// 0 … count − 1; `count` is at least 1. By remainder, unlike Random: the seeds in seeds.txt are numbers of this.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    /// Both ends included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
    std::chrono::milliseconds between(std::chrono::milliseconds low, std::chrono::milliseconds high) {
        return low + std::chrono::milliseconds(below(static_cast<std::uint64_t>((high - low).count()) + 1));
    }
    bool chance(double probability) { return uniform() < probability; }
    template <std::size_t N>
    ByteArray<N> bytes() {
        ByteArray<N> drawn;
        for (std::byte& byte : drawn)
            byte = static_cast<std::byte>(next() & 0xffU);
        return drawn;
    }
    /// Independent chance for a part, so that what one part draws does not shift the others.
    Dice fork() { return Dice(next()); }
};

}  // namespace skerry::simulation
