#include "aggregation/exact_mean.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>

#include "aggregation/kernels/fold.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr TierSizes kSizes = {3, 5000, 9001};  // none a multiple of the block

DeltaBytes bytes(const std::vector<float>& delta) {
    return std::as_bytes(std::span(delta));
}

struct Update {
    std::vector<float> delta;
    Weight weight;
};

std::vector<Update> random_updates(std::mt19937_64& random, std::size_t count) {
    std::vector<Update> updates(count);
    std::uniform_real_distribution<float> exponent(-30.0F, 13.0F);
    for (Update& update : updates) {
        update.delta.resize(kSizes[random() % kTiers]);
        update.weight = 1 + random() % limits::kUpdateWeightMax;
        for (float& value : update.delta) {
            value = std::min(std::exp2(exponent(random)), limits::kDeltaMax) * (random() % 2 == 0 ? 1.0F : -1.0F);
        }
    }
    return updates;
}

ExactMean sum_of(const std::vector<Update>& updates) {
    ExactMean mean(kSizes);
    for (const Update& update : updates)
        EXPECT_TRUE(mean.add(bytes(update.delta), update.weight));
    return mean;
}

TEST(ExactMean, IsTheWeightedMean) {
    ExactMean mean({1, 2, 3});
    ASSERT_TRUE(mean.add(bytes({1.0F, 2.0F, -4.0F}), 3));
    ASSERT_TRUE(mean.add(bytes({5.0F, -2.0F, 0.5F}), 1));
    EXPECT_THAT(*std::move(mean).finish(), ElementsAre(2.0F, 1.0F, -2.875F));
}

TEST(ExactMean, DividesEachPositionByTheWeightOfTheNodesThatCoverIt) {
    ExactMean mean({1, 2, 3});
    ASSERT_TRUE(mean.add(bytes({4.0F}), 1));
    ASSERT_TRUE(mean.add(bytes({1.0F, 8.0F}), 2));
    ASSERT_TRUE(mean.add(bytes({1.0F, 2.0F, 7.0F}), 1));
    EXPECT_THAT(*std::move(mean).finish(), ElementsAre(7.0F / 4.0F, 6.0F, 7.0F));
}

TEST(ExactMean, LeavesZeroWhereNoUpdateReached) {
    ExactMean mean({1, 2, 3});
    ASSERT_TRUE(mean.add(bytes({4.0F}), 1));
    EXPECT_THAT(*std::move(mean).finish(), ElementsAre(4.0F, 0.0F, 0.0F));
}

TEST(ExactMean, GivesTheSameBytesInEveryOrder) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        auto updates = random_updates(random, 1 + seed % 12);
        ExactMean first = sum_of(updates);
        std::shuffle(updates.begin(), updates.end(), random);
        ExactMean second = sum_of(updates);
        EXPECT_EQ(first.digest(), second.digest());
        EXPECT_EQ(*std::move(first).finish(), *std::move(second).finish());
    }
}

TEST(ExactMean, GivesTheSameBytesForEveryTreeOfMerges) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const auto updates = random_updates(random, 2 + seed % 12);
        std::vector<ExactMean> forest;
        for (const Update& update : updates)
            forest.push_back(sum_of({update}));
        while (forest.size() > 1) {
            std::swap(forest[random() % forest.size()], forest.back());
            ExactMean last = std::move(forest.back());
            forest.pop_back();
            ASSERT_TRUE(forest[random() % forest.size()].merge(std::move(last)));
        }
        ExactMean flat = sum_of(updates);
        EXPECT_EQ(forest.front().digest(), flat.digest());
        EXPECT_EQ(*std::move(forest.front()).finish(), *std::move(flat).finish());
    }
}

TEST(ExactMean, DiffersFromTheRealMeanByRoundingOnly) {
    std::mt19937_64 random(7);
    auto updates = random_updates(random, 9);
    for (Update& update : updates)
        update.delta.resize(kSizes[0]);
    const auto mean = *sum_of(updates).finish();
    for (std::size_t i = 0; i < kSizes[0]; ++i) {
        long double sum = 0;
        long double weight = 0;
        for (const Update& update : updates) {
            sum += static_cast<long double>(update.delta[i]) * static_cast<long double>(update.weight);
            weight += static_cast<long double>(update.weight);
        }
        EXPECT_NEAR(mean[i], static_cast<double>(sum / weight), std::abs(mean[i]) * 1e-6 + 1e-4);
    }
}

TEST(ExactMean, RoundsHalfToEven) {
    const float half_unit = std::ldexp(1.0F, -(limits::kFractionBits + 1));
    ExactMean mean({4, 4, 4});
    ASSERT_TRUE(mean.add(bytes({half_unit, 3 * half_unit, -half_unit, -3 * half_unit}), 1));
    EXPECT_THAT(*std::move(mean).finish(), ElementsAre(0.0F, 4 * half_unit, 0.0F, -4 * half_unit));
}

TEST(ExactMean, HoldsTheLargestRoundThatTheLimitsAllow) {
    const std::uint64_t updates = limits::kRoundWeightMax / limits::kUpdateWeightMax;
    for (const float extreme : {limits::kDeltaMax, -limits::kDeltaMax}) {
        const std::vector<float> delta(8, extreme);
        ExactMean mean({8, 8, 8});
        for (std::uint64_t k = 0; k < updates; ++k)
            ASSERT_TRUE(mean.add(bytes(delta), limits::kUpdateWeightMax));
        EXPECT_FALSE(mean.add(bytes(delta), 1)) << "one more exceeds the weight of a round";
        EXPECT_THAT(*std::move(mean).finish(), Each(extreme));
    }
}

TEST(ExactMean, TakesNoMoreUpdatesThanARoundHas) {
    const std::vector<float> delta = {limits::kDeltaMax};
    ExactMean mean({1, 1, 1});
    for (std::size_t k = 0; k < limits::kRoundUpdatesMax; ++k)
        ASSERT_TRUE(mean.add(bytes(delta), 1));
    EXPECT_FALSE(mean.add(bytes(delta), 1));
    ExactMean one({1, 1, 1});
    ASSERT_TRUE(one.add(bytes(delta), 1));
    EXPECT_FALSE(mean.merge(std::move(one)));
    EXPECT_EQ(one.updates(), 1U) << "a refused merge leaves both as they were";
}

TEST(ExactMean, RefusesWhatIsNotAnUpdateAndStaysUnchanged) {
    ExactMean mean(kSizes);
    ASSERT_TRUE(mean.add(bytes(std::vector<float>(kSizes[1], 0.25F)), 2));
    const Digest before = mean.digest();
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(),
                            std::nextafter(limits::kDeltaMax, std::numeric_limits<float>::infinity())}) {
        std::vector<float> delta(kSizes[2], 1.0F);
        delta.back() = bad;
        EXPECT_FALSE(mean.add(bytes(delta), 1)) << bad;
    }
    EXPECT_FALSE(mean.add(bytes(std::vector<float>(4)), 1));
    EXPECT_FALSE(mean.add({}, 1));
    EXPECT_FALSE(mean.add(bytes(std::vector<float>(kSizes[0])), 0));
    EXPECT_FALSE(mean.add(bytes(std::vector<float>(kSizes[0])), limits::kUpdateWeightMax + 1));
    EXPECT_EQ(mean.digest(), before);
}

TEST(ExactMean, TakesAwayAgainWhatItAddedBeforeABadValue) {
    std::mt19937_64 random(8);
    ExactMean mean = sum_of(random_updates(random, 3));
    const Digest before = mean.digest();
    const std::array<float, 5> bad = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                                      std::numeric_limits<float>::max(), std::numeric_limits<float>::signaling_NaN(),
                                      std::bit_cast<float>(0xffc12345U)};
    for (const std::size_t where : {0UL, 2UL, 3UL, 1023UL, 1024UL, 4999UL, 5000UL, 9000UL}) {
        // Halves of a unit too, which are rounded.
        std::vector<float> delta(kSizes[2], std::ldexp(3.0F, -(limits::kFractionBits + 1)));
        std::copy_n(bad.begin(), std::min(bad.size(), delta.size() - where),
                    delta.begin() + static_cast<std::ptrdiff_t>(where));
        EXPECT_FALSE(mean.add(bytes(delta), 1 + where));
        EXPECT_EQ(mean.digest(), before) << where;
    }
}

std::vector<WeightedDelta> views_of(const std::vector<Update>& updates) {
    std::vector<WeightedDelta> views;
    for (const Update& update : updates)
        views.push_back({bytes(update.delta), update.weight});
    return views;
}

TEST(ExactMean, GivesTheSameBytesForUpdatesThatAreAddedTogether) {
    std::mt19937_64 random(11);
    for (std::size_t count = 1; count <= kAddedTogether; ++count) {
        auto updates = random_updates(random, count);
        const std::size_t values = kSizes[count % kTiers];
        for (Update& update : updates)
            update.delta.resize(values, 0.125F);
        const auto before = random_updates(random, 2);
        ExactMean one_by_one = sum_of(before);
        ExactMean together = sum_of(before);
        for (const Update& update : updates)
            ASSERT_TRUE(one_by_one.add(bytes(update.delta), update.weight));
        ASSERT_TRUE(together.add_together(views_of(updates)));
        EXPECT_EQ(together.digest(), one_by_one.digest()) << count;
        together.restart(kSizes);  // the sums of before lie there
        ASSERT_TRUE(together.add_together(views_of(updates)));
        (void)together.sums();
        EXPECT_EQ(*std::move(together).finish(), *sum_of(updates).finish()) << count;
    }
}

TEST(ExactMean, AddsNoneOfUpdatesTogetherOfWhichOneIsRefused) {
    std::mt19937_64 random(12);
    ExactMean mean = sum_of(random_updates(random, 3));
    const Digest before = mean.digest();
    for (std::size_t bad = 0; bad < 4; ++bad) {
        auto updates = random_updates(random, 4);
        for (Update& update : updates)
            update.delta.resize(kSizes[1], 0.125F);
        auto heavy = updates;
        heavy[bad].weight = limits::kUpdateWeightMax + 1;
        EXPECT_FALSE(mean.add_together(views_of(heavy)));
        updates[bad].delta[kSizes[1] - 1 - bad] = std::numeric_limits<float>::quiet_NaN();
        EXPECT_FALSE(mean.add_together(views_of(updates)));
        EXPECT_EQ(mean.digest(), before) << bad;
    }
}

TEST(ExactMean, HasTheSameSumsFromEveryKernel) {
    std::mt19937_64 random(9);
    const double scale = 3.0 * 65536.0;
    for (std::size_t count = 0; count <= 70; ++count) {
        std::vector<float> delta;
        std::vector<std::int64_t> expected;
        std::uint32_t largest = 0;
        for (std::size_t i = 0; i < count; ++i) {
            delta.push_back(std::ldexp(static_cast<float>(random() % 2000) - 1000.0F, -17));  // with many halves
            expected.push_back(7 + std::llrint(static_cast<double>(delta[i]) * scale));
            largest = std::max(largest, std::bit_cast<std::uint32_t>(std::abs(delta[i])));
        }
        Bytes odd(1);
        odd.insert(odd.end(), bytes(delta).begin(), bytes(delta).end());
        for (const kernels::Kernels* kernel : {&kernels::kBaseline, &kernels::best_kernels()}) {
            std::vector<std::int64_t> sums(count, 7);
            EXPECT_EQ(kernel->add(odd.data() + 1, scale, count, sums.data()), largest) << count;
            EXPECT_EQ(sums, expected) << count;
            std::vector<std::int64_t> set(count, 99);
            EXPECT_EQ(kernel->set(odd.data() + 1, scale, count, set.data()), largest) << count;
            for (std::int64_t& sum : set)
                sum += 7;
            EXPECT_EQ(set, expected) << count;
            const std::byte* const values = odd.data() + 1;
            const kernels::Together each{{values, values, values, values}, {scale, 2 * scale, -scale, -scale}};
            EXPECT_EQ(kernel->set_together(each, count, set.data()), largest) << count;
            EXPECT_EQ(kernel->add_together(each, count, set.data()), largest) << count;
            for (std::size_t i = 0; i < count; ++i) {
                const auto value = static_cast<double>(delta[i]);
                EXPECT_EQ(set[i], 2 * (std::llrint(value * 2 * scale) - std::llrint(value * scale))) << count;
            }
            EXPECT_EQ(kernel->largest_magnitude(odd.data() + 1, count), largest) << count;
            kernel->take_away(odd.data() + 1, scale, count, sums.data());
            EXPECT_EQ(sums, std::vector<std::int64_t>(count, 7)) << count;
        }
    }
}

TEST(ExactMean, BeginsAnewInTheSameMemoryAsIfItWereAnother) {
    std::mt19937_64 random(10);
    ExactMean used = sum_of(random_updates(random, 5));
    for (int round = 0; round < 20; ++round) {
        const auto updates = random_updates(random, 4);
        used.restart(kSizes);
        if (round % 2 == 0) {  // a first update that is taken away again leaves nothing either
            std::vector<float> bad(kSizes[2], 1.0F);
            bad[static_cast<std::size_t>(random() % bad.size())] = std::numeric_limits<float>::quiet_NaN();
            EXPECT_FALSE(used.add(bytes(bad), 1));
            const std::vector<float> good(kSizes[2], 0.5F);
            std::vector<WeightedDelta> together(kAddedTogether, {bytes(good), 3});
            together[static_cast<std::size_t>(round / 2) % kAddedTogether].delta = bytes(bad);
            EXPECT_FALSE(used.add_together(together));
        }
        for (const Update& update : updates)
            ASSERT_TRUE(used.add(bytes(update.delta), update.weight));
        ExactMean fresh = sum_of(updates);
        const ByteView sums = used.sums();
        EXPECT_TRUE(std::equal(sums.begin(), sums.end(), fresh.sums().begin()));
        EXPECT_EQ(used.digest(), fresh.digest());
    }
}

TEST(ExactMean, ReadsUpdatesThatLieAtOddAddresses) {
    const std::vector<float> delta = {1.5F, -2.0F, 3.0F};
    Bytes odd(1 + 3 * sizeof(float));
    std::memcpy(odd.data() + 1, delta.data(), 3 * sizeof(float));
    ExactMean mean({1, 2, 3});
    ASSERT_TRUE(mean.add(ByteView(odd).subspan(1), 5));
    EXPECT_EQ(*std::move(mean).finish(), delta);
}

TEST(ExactMean, SaysSoWhenThereIsNothingToAverage) {
    EXPECT_FALSE(ExactMean({1, 2, 3}).finish());
}

TEST(ExactMean, MergesOnlyWithItsOwnKind) {
    ExactMean mean({1, 2, 3});
    EXPECT_FALSE(mean.merge(ExactMean({1, 2, 4})));
    EXPECT_FALSE(mean.merge(std::move(mean)));
}

TEST(ExactMean, TellsWhichNodesCoveredWhatInItsDigest) {
    ExactMean light({1, 2, 3});
    ASSERT_TRUE(light.add(bytes({0.0F}), 1));
    ExactMean heavy({1, 2, 3});
    ASSERT_TRUE(heavy.add(bytes({0.0F, 0.0F, 0.0F}), 1));
    EXPECT_NE(light.digest(), heavy.digest());
}

}  // namespace
}  // namespace skerry::aggregation
