// Compiled for fused multiply-add; run on machines that have it.
#include "tests/bench/arithmetic_peak.hpp"

#include <chrono>
#include <cstddef>

namespace skerry::bench {
namespace {

typedef float Lanes __attribute__((vector_size(32)));
constexpr std::size_t kSums = 12;  // two units, four or five cycles each: ten are under way at any time
constexpr std::size_t kRounds = 20'000;

}  // namespace

double arithmetic_peak() {
    Lanes sums[kSums] = {};
    Lanes factor = {1, 1, 1, 1, 1, 1, 1, 1};
    Lanes term = factor * 1e-9F;
    asm volatile("" : "+x"(factor), "+x"(term));
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t round = 0; round < kRounds; ++round) {
        for (Lanes& sum : sums) {
            sum = sum * factor + term;
            asm volatile("" : "+x"(sum));  // neither vectorised further nor folded
        }
    }
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    constexpr double kOperations = 2.0 * 8 * kSums * kRounds;
    return kOperations / taken.count();
}

}  // namespace skerry::bench
