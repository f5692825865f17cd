// How fast updates are folded into the exact mean, against merely reading them; and what each robust rule takes.
//   averaging-bench [ROUNDS]
// One core. Updates lie in memory, decoded; the mean folds one after the other, as a round does.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "aggregation/exact_mean.hpp"
#include "aggregation/rules/aggregate.hpp"
#include "common/base/random.hpp"

namespace skerry::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Vectors = std::vector<std::vector<float>>;

/// So many different updates lie in memory; a longer round has them again and again. Those of the larger model are ten
/// times what the last cache holds.
constexpr std::size_t kDistinct = 10;

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double seconds(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
}

Vectors random_updates(std::size_t parameters) {
    Random random(1);
    Vectors updates(kDistinct, std::vector<float>(parameters));
    for (auto& update : updates) {
        for (float& value : update)
            value = static_cast<float>(random.uniform(-0.01, 0.01));
    }
    return updates;
}

/// The sum of all words, which the compiler makes vectors of: what reading costs, and nothing else.
std::uint64_t read_through(const std::vector<float>& update) {
    const auto* const bytes = reinterpret_cast<const char*>(update.data());
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < update.size() * sizeof(float); i += sizeof sum) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + i, sizeof word);
        sum += word;
    }
    return sum;
}

void measure_mean(const Vectors& updates, std::size_t count, std::size_t rounds) {
    const std::size_t parameters = updates.front().size();
    const double gigabytes = static_cast<double>(count * parameters * sizeof(float)) / 1e9;
    std::vector<double> folds;
    std::vector<double> reads;
    std::vector<double> ratios;
    std::uint64_t seen = 0;
    for (std::size_t round = 0; round <= rounds; ++round) {  // the first only warms up
        aggregation::ExactMean mean({parameters, parameters, parameters});
        auto begin = Clock::now();
        for (std::size_t k = 0; k < count; ++k) {
            if (!mean.add(std::as_bytes(std::span(updates[k % kDistinct])), 6400)) std::abort();
        }
        const double folded = gigabytes / seconds(begin);
        begin = Clock::now();
        for (std::size_t k = 0; k < count; ++k)
            seen += read_through(updates[k % kDistinct]);
        const double read = gigabytes / seconds(begin);
        if (round == 0) continue;
        folds.push_back(folded);
        reads.push_back(read);
        ratios.push_back(folded / read);
    }
    std::printf("%10zu %8zu %10.2f %10.2f %8.0f %%%s\n", parameters, count, median(folds), median(reads),
                100 * median(ratios), seen == 1 ? " " : "");
    std::fflush(stdout);
}

/// Lends what lies in memory.
class LentSet final : public aggregation::UpdateSet {
public:
    explicit LentSet(const Vectors& updates) : updates_(updates) {}
    [[nodiscard]] std::size_t size() const override { return updates_.size(); }
    [[nodiscard]] aggregation::UpdateInfo about(std::size_t) const override { return {}; }
    Result<aggregation::DeltaBytes> delta(std::size_t update) override {
        return std::as_bytes(std::span(updates_[update]));
    }

private:
    const Vectors& updates_;
};

void measure_rules(const Vectors& updates, std::size_t rounds) {
    aggregation::AggregationTerms terms;
    terms.sizes.fill(updates.front().size());
    const std::vector<std::string> rules = {"mean",
                                            "norm_bound, mean",
                                            "median",
                                            "trimmed_mean(0.2)",
                                            "krum(2)",
                                            "multi_krum(2)",
                                            "bulyan(1)",
                                            "geometric_median",
                                            "centred_clipping",
                                            "bucketing(2), median",
                                            "nnm(2), trimmed_mean(0.2)"};
    std::vector<std::vector<double>> times(rules.size());
    for (std::size_t round = 0; round <= rounds; ++round) {
        for (std::size_t r = 0; r < rules.size(); ++r) {
            LentSet set(updates);
            const auto begin = Clock::now();
            if (!aggregate(*aggregation::parse_rule(rules[r]), set, terms)) std::abort();
            if (round > 0) times[r].push_back(1000 * seconds(begin));
        }
    }
    std::printf("\n%-28s %10s\n", "rule", "ms");
    for (std::size_t r = 0; r < rules.size(); ++r)
        std::printf("%-28s %10.1f\n", rules[r].c_str(), median(times[r]));
}

int run(std::size_t rounds) {
    std::printf("%10s %8s %10s %10s %10s\n", "parameters", "updates", "mean GB/s", "read GB/s", "mean/read");
    for (const std::size_t parameters : {1'000'000UL, 10'000'000UL}) {
        const Vectors updates = random_updates(parameters);
        measure_mean(updates, 10, rounds);
        measure_mean(updates, 50, std::max<std::size_t>(rounds / 3, 1));
    }
    measure_rules(random_updates(1'000'000), std::max<std::size_t>(rounds / 3, 1));
    return 0;
}

}  // namespace
}  // namespace skerry::bench

int main(int argc, char** argv) {
    return skerry::bench::run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 21);
}
