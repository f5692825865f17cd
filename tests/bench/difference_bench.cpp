// How long the difference of two versions takes to make and to apply, and what it saves: difference-bench [ROUNDS]
// One core; ten million weights in tensors of a million, each moved by about a hundredth of the mean weight, read from
// fp32 or from what rounding to so many bits leaves of it; and with few of them moved. Medians; MB are those of the
// float32.
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "common/base/random.hpp"
#include "common/wire/difference_codec.hpp"

namespace skerry::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTensor = 1'000'000;
const std::vector<std::size_t> kSegments(10, kTensor);

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct Versions {
    std::vector<float> base, next;
};

/// `cleared`: of the 23 bits behind the point, so many lowest. `changed`: so many of a hundred weights.
Versions versions(std::uint32_t cleared, double changed) {
    Random random(1);
    Versions made;
    const auto rounded = [cleared](double value) {
        const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
        return std::bit_cast<float>(bits & ~0U << cleared);
    };
    for (std::size_t i = 0; i < kSegments.size() * kTensor; ++i) {
        const double weight = random.uniform(-0.1, 0.1) + random.uniform(-0.1, 0.1);
        made.base.push_back(rounded(weight));
        const double step = random.uniform(-0.001, 0.001);
        made.next.push_back(100 * random.uniform() < changed ? rounded(weight + step) : made.base.back());
    }
    return made;
}

void measure(const char* name, std::uint32_t cleared, double changed, std::size_t rounds) {
    const Versions both = versions(cleared, changed);
    const double megabytes = static_cast<double>(both.base.size() * sizeof(float)) / 1e6;
    std::vector<double> making, applying;
    Bytes difference;
    for (std::size_t round = 0; round < rounds; ++round) {
        difference.clear();
        const auto began = Clock::now();
        for (std::size_t at = 0; at < both.base.size(); at += kTensor) {
            wire::put_difference(std::span(both.base).subspan(at, kTensor), std::span(both.next).subspan(at, kTensor),
                                 difference);
        }
        making.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
        std::vector<float> values = both.base;
        const auto made = Clock::now();
        SKERRY_ASSERT(wire::apply_difference(difference, kSegments, values).has_value());
        applying.push_back(std::chrono::duration<double, std::milli>(Clock::now() - made).count());
        SKERRY_ASSERT(values == both.next);
    }
    std::printf("%-12s %5.1f %% of fp32   make %5.2f ms/MB   apply %5.2f ms/MB\n", name,
                static_cast<double>(difference.size()) / megabytes / 1e4, median(making) / megabytes,
                median(applying) / megabytes);
}

}  // namespace
}  // namespace skerry::bench

int main(int argc, char** argv) {
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5;
    skerry::bench::measure("fp32", 0, 100, rounds);
    skerry::bench::measure("fp16", 13, 100, rounds);
    skerry::bench::measure("fp8", 20, 100, rounds);
    skerry::bench::measure("fp32, 10 %", 0, 10, rounds);
    skerry::bench::measure("fp32, 1 %", 0, 1, rounds);
    return 0;
}
