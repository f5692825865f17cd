#pragma once

#include <array>
#include <cstdint>

namespace skerry::parameters {

/// Pseudo-random numbers that are the same on every machine and compiler, unlike the standard's distributions.
/// Not for secrets. Blackman and Vigna 2018, "Scrambled linear pseudorandom number generators": xoshiro256**,
/// its state filled by SplitMix64.
class Random {
public:
    explicit Random(std::uint64_t seed) {
        for (std::uint64_t& word : state_)
            word = split_mix(seed);
    }

    /// 64 uniform bits.
    std::uint64_t next() {
        const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }
    /// Uniform in [0, 1), a multiple of 2^-53.
    double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
    /// Uniform in [low, high).
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform in 0 … count-1; `count` at least 1. Multiply-shift: the bias is below count/2^64.
    std::uint64_t below(std::uint64_t count) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<Wide>(next()) * count) >> 64U);
    }
    /// Mean 0, deviation 1, bounded by ±3.47: the sum of four uniforms, because the exact normal needs functions
    /// whose last bit differs between C libraries.
    double bell() {
        double sum = -2.0;
        for (int i = 0; i < 4; ++i)
            sum += uniform();  // in this order: the compiler may not choose one
        return sum * 1.7320508075688772;
    }

    /// A seed of its own for each (seed, stream): neighbouring numbers give unrelated sequences.
    static std::uint64_t mixed(std::uint64_t seed, std::uint64_t stream) {
        std::uint64_t state = seed ^ (stream * 0xD1342543DE82EF95U);
        split_mix(state);
        return split_mix(state);
    }

private:
    static std::uint64_t rotate(std::uint64_t value, unsigned bits) {
        return (value << bits) | (value >> (64U - bits));
    }
    static std::uint64_t split_mix(std::uint64_t& state) {
        std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace skerry::parameters
