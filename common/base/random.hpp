#pragma once

#include <cstdint>

namespace skerry {

/// Pseudo-random numbers that are the same on every machine and compiler, unlike the standard's distributions. The
/// whole state is one number, so that a checkpoint carries it and a replay draws the same. Not for secrets.
/// Steele et al. 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
class Random {
public:
    explicit Random(std::uint64_t state) : state_(state) {}

    /// 64 uniform bits.
    std::uint64_t next() {
        std::uint64_t value = state_ += 0x9E3779B97F4A7C15U;
        value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
        value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
        return value ^ (value >> 31U);
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

    /// What a generator must start from to draw the same numbers from here on.
    [[nodiscard]] std::uint64_t state() const { return state_; }

    /// A seed of its own for each (seed, stream): neighbouring numbers give unrelated sequences.
    static std::uint64_t mixed(std::uint64_t seed, std::uint64_t stream) {
        Random random(seed ^ (stream * 0xD1342543DE82EF95U));
        random.next();
        return random.next();
    }

private:
    std::uint64_t state_;
};

}  // namespace skerry
