#include "aggregation/rules/aggregate.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "aggregation/exact_mean.hpp"
#include "tests/unit/aggregation/vectors.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kRobust = {"norm_bound, mean",
                                          "median",
                                          "trimmed_mean(0.2)",
                                          "krum(2)",
                                          "krum_byzfl(2)",
                                          "multi_krum(2)",
                                          "bulyan(1)",
                                          "geometric_median",
                                          "centred_clipping",
                                          "norm_bound(1), median",
                                          "nnm(2), trimmed_mean(0.2)",
                                          "bucketing(2), median",
                                          "norm_bound, bucketing(2), nnm(1), centred_clipping"};

struct Fleet {
    AggregationTerms terms;
    Vectors deltas;
    std::vector<Weight> weights;

    Result<Aggregate> run(std::string_view rule, std::size_t* fetched = nullptr, std::size_t lent = 1) const {
        LiteralSet set(deltas, terms.sizes, weights);
        set.lent_max = lent;
        auto result = aggregate(*parse_rule(rule), set, terms);
        if (fetched != nullptr) *fetched = set.fetched;
        return result;
    }
};

/// Every tier has at least ten updates; sections are no multiples of blocks.
Fleet random_fleet(std::uint64_t seed) {
    Random random(seed);
    Fleet fleet;
    fleet.terms.sizes = {700, 1900, 3001};
    fleet.terms.statistics = 10;
    for (std::size_t k = 0; k < 14; ++k) {
        const std::size_t length = fleet.terms.sizes[k < 10 ? 2 : k % 2];
        fleet.deltas.push_back(cloud(random, 1, std::vector<float>(length, 0.5F), 1.0).front());
        fleet.weights.push_back(1 + random.below(1000));
    }
    return fleet;
}

TEST(Aggregate, OfThePlainMeanIsTheExactMeanToTheByte) {
    const Fleet fleet = random_fleet(1);
    ExactMean mean(fleet.terms.sizes);
    for (std::size_t k = 0; k < fleet.deltas.size(); ++k)
        ASSERT_TRUE(mean.add(std::as_bytes(std::span(fleet.deltas[k])), fleet.weights[k]));
    const auto result = *fleet.run("mean");
    EXPECT_EQ(result.digest, mean.digest());
    EXPECT_EQ(result.delta, *std::move(mean).finish());
}

TEST(Aggregate, TakesThePlainMeanWindowByWindowAndFetchesEachValueOnce) {
    Fleet fleet = random_fleet(5);
    fleet.terms.sizes = {700'000, 1'100'000, 2'100'001};  // several windows, and tiers that end within one
    Random random(5);
    std::size_t values = 0;
    ExactMean mean(fleet.terms.sizes);
    for (std::size_t k = 0; k < fleet.deltas.size(); ++k) {
        fleet.deltas[k].resize(fleet.terms.sizes[k % kTiers]);
        for (float& value : fleet.deltas[k])
            value = static_cast<float>(random.uniform(-1, 1));
        ASSERT_TRUE(mean.add(std::as_bytes(std::span(fleet.deltas[k])), fleet.weights[k]));
        values += fleet.deltas[k].size();
    }
    const Digest digest = mean.digest();
    const std::vector<float> delta = *std::move(mean).finish();
    for (const std::size_t lent : {1UL, 3UL, 9UL}) {
        std::size_t fetched = 0;
        const auto result = *fleet.run("mean", &fetched, lent);
        EXPECT_EQ(result.digest, digest) << lent;
        EXPECT_EQ(result.delta, delta) << lent;
        EXPECT_EQ(fetched, values) << lent;
    }
}

TEST(Aggregate, GivesTheSameBytesHoweverLittleMemoryItHas) {
    Fleet fleet = random_fleet(2);
    fleet.terms.centre = fleet.deltas.front();
    std::size_t values = 0;
    for (const auto& delta : fleet.deltas)
        values += delta.size();
    for (const std::string& rule : kRobust) {
        SCOPED_TRACE(rule);
        std::size_t fetched = 0;
        fleet.terms.memory_max = 1 << 24;
        const auto roomy = fleet.run(rule, &fetched);
        ASSERT_TRUE(roomy) << roomy.error().message;
        EXPECT_EQ(fetched, values) << "what fits is fetched once";
        for (const std::size_t memory : {1UL, 30'000UL, 100'000UL}) {
            fleet.terms.memory_max = memory;
            const auto tight = *fleet.run(rule, &fetched);
            EXPECT_EQ(tight.delta, roomy->delta);
            EXPECT_EQ(tight.digest, roomy->digest);
        }
    }
}

TEST(Aggregate, GivesTheSameBytesWhereUpdatesComeWithoutTheirZeroes) {
    Fleet fleet = random_fleet(4);
    fleet.terms.centre = fleet.deltas.front();
    Random random(5);
    for (auto& delta : fleet.deltas)
        for (float& value : delta)
            if (random.uniform() < 0.9) value = random.uniform() < 0.5 ? 0.0F : -0.0F;
    for (const std::string& rule : kRobust) {
        SCOPED_TRACE(rule);
        const auto whole = *fleet.run(rule);
        for (const std::size_t memory : {1UL, 24'000UL, 1UL << 24U}) {  // none is kept, some, all
            fleet.terms.memory_max = memory;
            LiteralSet set(fleet.deltas, fleet.terms.sizes, fleet.weights);
            set.is_sparse = true;
            const auto sparse = *aggregate(*parse_rule(rule), set, fleet.terms);
            EXPECT_EQ(to_hex(std::as_bytes(std::span(sparse.delta))), to_hex(std::as_bytes(std::span(whole.delta))));
            EXPECT_EQ(sparse.digest, whole.digest);
        }
        fleet.terms.memory_max = AggregationTerms().memory_max;
    }
}

TEST(Aggregate, RefusesAnUpdateWithoutZeroesThatIsNoTiersOrOutOfBounds) {
    Fleet fleet = random_fleet(6);
    const auto refused = [&](auto change) {
        Fleet changed = fleet;
        change(changed.deltas[3]);
        LiteralSet set(changed.deltas, fleet.terms.sizes, fleet.weights);
        set.is_sparse = true;
        const auto result = aggregate(*parse_rule("norm_bound, mean"), set, fleet.terms);
        return !result && result.error().code == ErrorCode::InvalidInput;
    };
    EXPECT_FALSE(refused([](auto&) {}));
    EXPECT_TRUE(refused([](auto& delta) { delta.pop_back(); }));
    EXPECT_TRUE(refused([](auto& delta) { delta[20] = std::numeric_limits<float>::quiet_NaN(); }));
    EXPECT_TRUE(refused([](auto& delta) { delta.back() = 2 * limits::kDeltaMax; }));
}

TEST(Aggregate, LooksAtEachSectionAsASetOfItsOwn) {
    const Fleet fleet = random_fleet(3);
    for (const std::string& rule : kRobust) {
        SCOPED_TRACE(rule);
        const auto whole = *fleet.run(rule);
        std::size_t first = 0;
        for (const SectionReport& section : whole.sections) {
            EXPECT_EQ(section.first, first);
            first = section.last;
            Vectors cut;
            std::vector<Weight> weights;
            for (std::size_t k = 0; k < fleet.deltas.size(); ++k) {
                if (fleet.deltas[k].size() < section.last) continue;
                cut.emplace_back(fleet.deltas[k].begin() + static_cast<std::ptrdiff_t>(section.first),
                                 fleet.deltas[k].begin() + static_cast<std::ptrdiff_t>(section.last));
                weights.push_back(fleet.weights[k]);
            }
            EXPECT_EQ(section.updates, cut.size());
            const auto alone = *aggregated(section.first == 0 ? "median" : rule, cut, weights);
            const std::vector<float> part(whole.delta.begin() + static_cast<std::ptrdiff_t>(section.first),
                                          whole.delta.begin() + static_cast<std::ptrdiff_t>(section.last));
            EXPECT_EQ(part, alone) << "from " << section.first;
        }
        EXPECT_EQ(first, fleet.terms.sizes.back());
    }
}

TEST(Aggregate, TakesNoStepWhereTooFewUpdatesReachAndSaysSo) {
    Fleet fleet = random_fleet(4);
    for (std::size_t k = 4; k < 10; ++k)
        fleet.deltas[k].resize(fleet.terms.sizes[1]);  // four are left that have heavy
    const auto result = *fleet.run("krum(2)");
    ASSERT_EQ(result.sections.size(), 4U);
    EXPECT_TRUE(result.sections[2].stepped);
    EXPECT_FALSE(result.sections[3].stepped);
    EXPECT_EQ(result.sections[3].updates, 4U);
    const auto heavy = std::span(result.delta).subspan(fleet.terms.sizes[1]);
    EXPECT_THAT(std::vector<float>(heavy.begin(), heavy.end()), Each(0.0F));
    EXPECT_NE(result.delta[fleet.terms.sizes[1] - 1], 0.0F);
}

TEST(Aggregate, RefusesASetThatIsTooSmallForItsRule) {
    const auto few = aggregated("bulyan(1)", Vectors(6, {1.0F}));
    ASSERT_FALSE(few);
    EXPECT_THAT(few.error().message, HasSubstr("'bulyan(1)' needs 7 updates"));
    EXPECT_FALSE(aggregated("median", Vectors(1, {std::numeric_limits<float>::quiet_NaN()})));
    LiteralSet none({}, {1, 1, 1});
    EXPECT_FALSE(aggregate(*parse_rule("median"), none, flat_terms(1)));
    EXPECT_FALSE(aggregate(*parse_rule("mean"), none, flat_terms(1)));
}

TEST(Aggregate, RefusesValuesThatNoUpdateMayHave) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            std::nextafter(limits::kDeltaMax, 1e9F)}) {
        for (const std::string& rule : kRobust) {
            Fleet fleet = random_fleet(5);
            fleet.deltas[3].back() = bad;
            EXPECT_FALSE(fleet.run(rule)) << rule << ' ' << bad;
        }
    }
    Fleet fleet = random_fleet(5);
    const std::vector<float> centre(fleet.terms.sizes.back(), std::numeric_limits<float>::quiet_NaN());
    fleet.terms.centre = centre;
    EXPECT_FALSE(fleet.run("centred_clipping"));
}

TEST(Aggregate, NeedsNoDistancesForTheRulesThatAWholeFleetMayUse) {
    const Vectors many(3000, {1.0F, -2.0F});
    for (const char* rule : {"norm_bound, mean", "median", "trimmed_mean(0.1)"})
        EXPECT_THAT(*aggregated(rule, many), ElementsAre(1.0F, -2.0F)) << rule;
    EXPECT_FALSE(aggregated("krum(1)", many));
}

TEST(Aggregate, TellsInItsDigestWhatItDependsOn) {
    const Fleet fleet = random_fleet(6);
    const Digest digest = fleet.run("median")->digest;
    EXPECT_NE(fleet.run("trimmed_mean(0.4)")->digest, digest);
    Fleet other = fleet;
    other.weights[0] += 1;
    EXPECT_NE(other.run("median")->digest, digest);
    other = fleet;
    other.terms.seed[0] = std::byte{1};
    EXPECT_NE(other.run("median")->digest, digest);
    other = fleet;
    other.deltas[2][50] += 100;
    EXPECT_NE(other.run("median")->digest, digest);
}

TEST(Aggregate, IgnoresWeightsExceptForMeanAndGeometricMedian) {
    Fleet even = random_fleet(7);
    even.weights.assign(even.weights.size(), 1);
    Fleet uneven = even;
    uneven.weights.front() = 5000;
    for (const std::string& rule : kRobust) {
        const bool counts = rule == "norm_bound, mean" || rule == "geometric_median";
        EXPECT_EQ(even.run(rule)->delta != uneven.run(rule)->delta, counts) << rule;
    }
}

TEST(Aggregate, GivesWhatAllUpdatesAgreeOn) {
    const std::vector<float> common = {0.25F, -3.0F, 0.0F, 17.5F};
    for (const std::string& rule : kRobust) {
        if (rule.starts_with("norm_bound(")) continue;
        const auto result = *aggregated(rule, Vectors(12, common));
        for (std::size_t i = 0; i < common.size(); ++i)
            EXPECT_NEAR(result[i], common[i], 1e-5) << rule;
    }
}

TEST(Aggregate, StaysWithinBoundsForTheMostHostileSet) {
    Vectors set(12, std::vector<float>(600, limits::kDeltaMax));
    for (std::size_t k = 0; k < 6; ++k)
        set[k].assign(600, k % 2 == 0 ? -limits::kDeltaMax : -0.0F);
    for (const std::string& rule : kRobust) {
        const auto result = *aggregated(rule, set);
        for (const float value : result)
            EXPECT_LE(std::abs(value), limits::kDeltaMax) << rule;
    }
}

TEST(Aggregate, OfCoordinatesDoesNotSeeTheOrderOfItsSet) {
    for (const char* rule : {"median", "trimmed_mean(0.2)"}) {
        Fleet fleet = random_fleet(8);
        fleet.deltas[1][100] = -0.0F;
        fleet.deltas[2][100] = 0.0F;
        const auto forth = fleet.run(rule)->delta;
        std::reverse(fleet.deltas.begin(), fleet.deltas.end());
        const auto back = fleet.run(rule)->delta;
        EXPECT_EQ(crypto::sha256(std::as_bytes(std::span(forth))), crypto::sha256(std::as_bytes(std::span(back))));
    }
}

TEST(Aggregate, HasNoNegativeZeroWhoseSignAnOrderWouldDecide) {
    const float least = std::numeric_limits<float>::denorm_min();
    Vectors set = {{100, -least}, {100, 0}, {100, 0}};  // times 1/100, the least that a float can be is -0
    for (std::size_t k = 0; k < set.size(); ++k) {
        EXPECT_FALSE(std::signbit((*aggregated("norm_bound(1), median", set))[1])) << k;
        EXPECT_FALSE(std::signbit((*aggregated("norm_bound(1), mean", {set[k]}))[1])) << k;
        std::rotate(set.begin(), set.begin() + 1, set.end());
    }
}

TEST(Aggregate, StartsCentredClippingFromTheCentreThatItIsGiven) {
    Fleet fleet;
    fleet.terms = flat_terms(1);
    fleet.deltas = {{11}, {11}, {1000}};
    const std::vector<float> centre = {10};
    fleet.terms.centre = centre;
    EXPECT_NEAR(fleet.run("centred_clipping(1, 1)")->delta[0], 11, 1e-5) << "each pulls by one at most";
    fleet.terms.centre = {};
    EXPECT_NEAR(fleet.run("centred_clipping(1, 1)")->delta[0], 1, 1e-5);
}

TEST(Aggregate, HasTheSameBytesOnEveryMachine) {
    const Fleet fleet = random_fleet(10);
    std::string digests;
    for (const std::string& rule : kRobust)
        digests += to_hex(ByteView(fleet.run(rule)->digest).first(4)) + " ";
    EXPECT_EQ(digests,
              "a80aeec6 ca95945f a0c03e34 2ee6b437 bf9dd299 06021ba1 bb54a223 a3e51a7a 780ba1ec f3d9ac8c a737d46f "
              "0c27c838 7646a800 ");
}

TEST(Aggregate, KeepsVarianceWhatItIsInTheMoments) {
    Random random(9);
    for (int round = 0; round < 200; ++round) {
        Fleet fleet;
        fleet.terms = flat_terms(3);
        fleet.terms.statistics = 2;
        const std::size_t count = 1 + random.below(9);
        for (std::size_t k = 0; k < count; ++k) {
            const auto mean = static_cast<float>(random.uniform(-3, 3));
            fleet.deltas.push_back({mean, mean * mean + static_cast<float>(random.uniform(0, 0.1)), 0.0F});
        }
        const auto moments = fleet.run("norm_bound, mean")->delta;
        EXPECT_GE(moments[1] - moments[0] * moments[0], -1e-5F);
    }
}

}  // namespace
}  // namespace skerry::aggregation
