// How fast updates are folded into the exact mean, against merely reading them; and what each robust rule takes.
//   averaging-bench [ROUNDS]
// One core, and GB of float32. Updates lie in memory, 2 GB at most: first decoded (the last column has what a round
// needs beside the sums), then ten as the coordinator stores them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "aggregation/exact_mean.hpp"
#include "aggregation/rules/aggregate.hpp"
#include "aggregation/set_mean.hpp"
#include "common/base/random.hpp"
#include "coordinator/round/sealed_set.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Vectors = std::vector<std::vector<float>>;

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double seconds(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
}

Vectors random_updates(std::size_t parameters, std::size_t count = 10) {
    Random random(1);
    Vectors updates(count, std::vector<float>(parameters));
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

/// What a round does with updates as they are stored: hash, decrypt, decode, sums, digest, mean.
void measure_stored(const Vectors& updates, const wire::DeltaPolicy& policy, std::size_t rounds) {
    const wire::SampleUpdate sample;
    const std::size_t parameters = updates.front().size();
    storage::MemoryBlobStore blobs;
    std::vector<coordinator::Contribution> set;
    double stored = 0;
    double decode = 0;
    for (const auto& delta : updates) {
        wire::UpdateHeader header = sample.header;
        wire::UpdateBody body;
        body.delta = delta;
        if (policy.encoding != wire::DeltaEncoding::Float32) {
            wire::EncodedDelta encoded = wire::encode_delta(delta, 0, policy);
            const auto begin = Clock::now();
            if (!wire::decode_delta(encoded.form, encoded.bytes)) std::abort();
            decode += seconds(begin);
            header.form = encoded.form;
            body.written = std::move(encoded.bytes);
        }
        const auto update = wire::seal(header, body, sample.coordinator.public_key(), sample.identity);
        if (!update || !blobs.put(update->content, update->blob())) std::abort();
        stored += static_cast<double>(update->sealed.size());
        set.push_back({header.update, update->content, Tier::Heavy, 6400});
    }
    std::vector<double> times;
    std::vector<float> mean(parameters);
    for (std::size_t round = 0; round <= rounds; ++round) {
        coordinator::SealedSet sealed(set, blobs, sample.coordinator, std::size_t{64} << 20U);
        const auto begin = Clock::now();
        if (!aggregation::exact_mean_of(sealed, {parameters, parameters, parameters}, mean)) std::abort();
        if (round > 0) times.push_back(seconds(begin));
    }
    const double values = static_cast<double>(set.size() * parameters) / 1e9;
    std::printf("%10zu %8s %12.2f %22.2f", parameters, wire::to_text(policy).c_str(), stored / 1e6,
                values * sizeof(float) / median(times));
    if (decode > 0) std::printf(" %16.2f", values * sizeof(float) / decode);
    std::puts("");
    std::fflush(stdout);
}

/// Lends what lies in memory.
class LentSet final : public aggregation::UpdateSet {
public:
    explicit LentSet(const Vectors& updates) : updates_(updates) {}
    [[nodiscard]] std::size_t size() const override { return updates_.size(); }
    [[nodiscard]] aggregation::UpdateInfo about(std::size_t) const override { return {{}, Tier::Heavy, 6400}; }
    Result<std::size_t> values(std::size_t) override { return updates_.front().size(); }
    Result<aggregation::DeltaBytes> part(std::size_t update, std::size_t first, std::size_t count) override {
        return std::as_bytes(std::span(updates_[update]).subspan(first, count));
    }
    Result<std::size_t> lend(std::size_t wanted) override { return wanted; }

private:
    const Vectors& updates_;
};

/// The sums alone, window by window as exact_mean_of() takes them.
void fold(aggregation::UpdateSet& set, aggregation::ExactMean& sums, std::size_t parameters) {
    for (std::size_t first = 0; first < parameters; first += aggregation::kMeanWindow) {
        const std::size_t count = std::min(aggregation::kMeanWindow, parameters - first);
        sums.restart({count, count, count});
        for (std::size_t k = 0; k < set.size();) {
            std::vector<aggregation::WeightedDelta> together;
            for (; k < set.size() && together.size() < aggregation::kAddedTogether; ++k)
                together.push_back({*set.part(k, first, count), set.about(k).weight});
            if (!sums.add_together(together)) std::abort();
        }
    }
}

void measure_mean(const Vectors& updates, std::size_t rounds) {
    const std::size_t parameters = updates.front().size();
    const std::size_t count = updates.size();
    const double gigabytes = static_cast<double>(count * parameters * sizeof(float)) / 1e9;
    std::vector<double> folds;
    std::vector<double> wholes;
    std::vector<double> reads;
    std::vector<double> ratios;
    std::uint64_t seen = 0;
    std::vector<float> mean(parameters);
    aggregation::ExactMean sums({});
    for (std::size_t round = 0; round <= rounds; ++round) {  // the first only warms up
        LentSet set(updates);
        auto begin = Clock::now();
        fold(set, sums, parameters);
        const double folded = gigabytes / seconds(begin);
        begin = Clock::now();
        if (!aggregation::exact_mean_of(set, {parameters, parameters, parameters}, mean)) std::abort();
        const double whole = gigabytes / seconds(begin);
        begin = Clock::now();
        for (const auto& update : updates)
            seen += read_through(update);
        const double read = gigabytes / seconds(begin);
        if (round == 0) continue;
        folds.push_back(folded);
        wholes.push_back(whole);
        reads.push_back(read);
        ratios.push_back(folded / read);
    }
    std::printf("%10zu %8zu %10.2f %10.2f %8.0f %% %22.2f%s\n", parameters, count, median(folds), median(reads),
                100 * median(ratios), median(wholes), seen == 1 ? " " : "");
    std::fflush(stdout);
}

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
    std::printf("%10s %8s %10s %10s %10s %22s\n", "parameters", "updates", "sums GB/s", "read GB/s", "sums/read",
                "digest and mean, GB/s");
    for (const std::size_t parameters : {1'000'000UL, 10'000'000UL}) {
        measure_mean(random_updates(parameters, 10), rounds);
        measure_mean(random_updates(parameters, 50), std::max<std::size_t>(rounds / 3, 1));
    }
    std::printf("\n%10s %8s %12s %22s %16s\n", "parameters", "as", "stored MB", "stored to mean, GB/s",
                "decoding, GB/s");
    for (const std::size_t parameters : {1'000'000UL, 10'000'000UL}) {
        const Vectors updates = random_updates(parameters);
        for (const auto encoding : {wire::DeltaEncoding::Float32, wire::DeltaEncoding::Int8})
            measure_stored(updates, {encoding, 0, false}, std::max<std::size_t>(rounds / 5, 1));
    }
    measure_rules(random_updates(1'000'000), std::max<std::size_t>(rounds / 3, 1));
    return 0;
}

}  // namespace
}  // namespace skerry::bench

int main(int argc, char** argv) {
    return skerry::bench::run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 21);
}
