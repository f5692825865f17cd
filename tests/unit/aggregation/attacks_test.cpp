// Goal: with f of n updates hostile, a rule's error stays within what its theory promises, and the mean's does not.
// Method: honest updates are drawn around a centre; the hostile ones see all of them and say what the attack says. The
// promise, of Allouah et al. 2023, "Fixing by Mixing": |F(x) - h|² ≤ κ·v, with h the honest mean and v the honest mean
// squared distance to it; with r = f/(n-2f), κ is 6r(1+r) for the trimmed mean, 4(1+r)² for coordinate and geometric
// median, 6(1+r) for Krum, and 8f/(n-f)·(κ+1) behind nnm.
#include <cmath>

#include <gtest/gtest.h>

#include "tests/unit/aggregation/vectors.hpp"

namespace skerry::aggregation {
namespace {

constexpr std::size_t kUpdates = 20;
constexpr std::size_t kLength = 500;

struct Attack {
    const char* name;
    /// One hostile value, of the honest mean and deviation of its coordinate.
    float (*value)(double mean, double deviation);
};
constexpr std::array kAttacks = {
    Attack{"times one hundred", [](double mean, double) { return static_cast<float>(100 * mean); }},
    Attack{"sign flip", [](double mean, double) { return static_cast<float>(-mean); }},
    Attack{"a little is enough",
           [](double mean, double deviation) { return static_cast<float>(mean + 1.5 * deviation); }},
    Attack{"inner product", [](double mean, double) { return static_cast<float>(-10 * mean); }},
};

struct Honest {
    std::vector<double> mean;
    std::vector<double> deviation;
    double variance = 0;  ///< mean squared distance to the mean
};

Honest measured(const Vectors& vectors) {
    Honest honest{std::vector<double>(kLength), std::vector<double>(kLength)};
    const auto count = static_cast<double>(vectors.size());
    for (std::size_t i = 0; i < kLength; ++i) {
        for (const auto& vector : vectors)
            honest.mean[i] += static_cast<double>(vector[i]) / count;
        double squares = 0;
        for (const auto& vector : vectors)
            squares += std::pow(static_cast<double>(vector[i]) - honest.mean[i], 2) / count;
        honest.deviation[i] = std::sqrt(squares);
        honest.variance += squares;
    }
    return honest;
}

/// |F(x) - h|² / v; the hostile come first, where ties favour them.
double error_of(const std::string& rule, const Attack& attack, std::size_t hostile, std::uint64_t seed) {
    Random random(seed);
    Vectors set = cloud(random, kUpdates - hostile, std::vector<float>(kLength, 0.3F), 0.2);
    const Honest honest = measured(set);
    std::vector<float> bad(kLength);
    for (std::size_t i = 0; i < kLength; ++i)
        bad[i] = attack.value(honest.mean[i], honest.deviation[i]);
    set.insert(set.begin(), hostile, bad);
    const auto result = *aggregated(rule, set);
    double error = 0;
    for (std::size_t i = 0; i < kLength; ++i)
        error += std::pow(static_cast<double>(result[i]) - honest.mean[i], 2);
    return error / honest.variance;
}

struct Promise {
    std::string rule;
    double kappa;
};

std::vector<Promise> promises(std::size_t hostile) {
    const auto f = static_cast<double>(hostile);
    const auto n = static_cast<double>(kUpdates);
    const double r = f / (n - 2 * f);
    const double trimmed = 6 * r * (1 + r);
    const double median = 4 * (1 + r) * (1 + r);
    const double krum = 6 * (1 + r);
    const auto mixed = [&](double kappa) { return 8 * f / (n - f) * (kappa + 1); };
    const std::string number = "(" + std::to_string(hostile) + ")";
    const std::string share = "(" + std::to_string(f / n) + ")";
    return {{"trimmed_mean" + share, trimmed},
            {"median", median},
            {"geometric_median", median},
            {"krum" + number, krum},
            {"krum_byzfl" + number, krum},
            {"multi_krum" + number, krum},
            {"multi_krum_byzfl" + number, krum},
            {"nnm" + number + ", trimmed_mean" + share, mixed(trimmed)},
            {"nnm" + number + ", median", mixed(median)},
            {"nnm" + number + ", geometric_median", mixed(median)},
            {"nnm" + number + ", krum" + number, mixed(krum)}};
}

TEST(Attacks, StayWithinWhatTheRulesPromise) {
    for (const std::size_t hostile : {1UL, 4UL, 6UL}) {
        for (const Promise& promise : promises(hostile)) {
            for (const Attack& attack : kAttacks) {
                for (std::uint64_t seed = 0; seed < 5; ++seed) {
                    EXPECT_LE(error_of(promise.rule, attack, hostile, seed), promise.kappa)
                        << promise.rule << ", " << attack.name << ", f = " << hostile << ", seed " << seed;
                }
            }
        }
    }
}

TEST(Attacks, BreakThePlainMean) {
    // Beyond the weakest of the promises above.
    const auto beyond = [](std::size_t hostile) {
        return 4 * std::pow(1 + static_cast<double>(hostile) / static_cast<double>(kUpdates - 2 * hostile), 2);
    };
    EXPECT_GT(error_of("mean", kAttacks[0], 1, 1), beyond(1));
    EXPECT_GT(error_of("mean", kAttacks[0], 4, 1), beyond(4));
    EXPECT_GT(error_of("mean", kAttacks[3], 6, 1), beyond(6));
}

TEST(Attacks, DoNotReachThroughBulyan) {
    // No κ is published for it; its output lies, coordinate by coordinate, among honest values.
    for (const Attack& attack : kAttacks)
        EXPECT_LE(error_of("bulyan(4)", attack, 4, 1), 1.0) << attack.name;
}

TEST(Attacks, MoveABoundedMeanByNoMoreThanTheBoundAllows) {
    // An update counts for at most C/n, so f of them move the mean by no more than 2f/n of an honest norm.
    for (const std::size_t hostile : {1UL, 4UL, 6UL}) {
        for (const char* rule : {"norm_bound, mean", "norm_bound, centred_clipping", "centred_clipping"}) {
            const double worst = error_of(rule, kAttacks[0], hostile, 3);
            const double share = static_cast<double>(hostile) / kUpdates;
            const double honest_norm_squared = (0.3 * 0.3 + 0.2 * 0.2) / (0.2 * 0.2);  // in units of the variance
            EXPECT_LE(worst, 1.1 * std::pow(2 * share, 2) * honest_norm_squared) << rule << ' ' << hostile;
        }
    }
}

TEST(Attacks, SpoilNoMoreBucketsThanThereAreHostileUpdates) {
    for (const Attack& attack : kAttacks) {
        for (std::uint64_t seed = 0; seed < 5; ++seed)
            EXPECT_LE(error_of("bucketing(2), median", attack, 3, seed), 4 * std::pow(1 + 3.0 / 4, 2)) << attack.name;
    }
}

}  // namespace
}  // namespace skerry::aggregation
