#include "edge-node/spool/rebase.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gmock/gmock.h>

namespace skerry::node {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

std::vector<float> random_values(std::mt19937& random, float scale) {
    std::vector<float> values(1000);
    for (float& value : values)
        value = scale * (static_cast<float>(random() % 20001) / 10000.0F - 1.0F);
    return values;
}

std::vector<float> progress_of(Values weights, const std::vector<float>& base,
                               const std::vector<std::vector<float>>& sent) {
    const Sharing sharing;
    Progress progress(weights, base, sharing);
    for (const auto& delta : sent)
        progress.take_off(delta);
    return std::move(progress).take();
}

TEST(Rebase, ProgressIsWhatNoUpdateHolds) {
    const std::vector<float> weights{5, 7}, base{1, 1}, sent{3, 0};
    EXPECT_THAT(progress_of(weights, base, {sent}), ElementsAre(1, 6));
}

TEST(Rebase, MomentsAreStateAndHaveNoProgress) {
    // The variance of channel 0 would be 0.3 − 0.7² < 0 if the differences of mean and square were added.
    const std::vector<float> weights{0.5F, 0.3F, 5}, base{0.1F, 0.1F, 1}, next{0.3F, 0.1F, 2};
    const Sharing sharing{2};
    Progress progress(weights, base, sharing);
    progress.take_off(std::vector<float>{0, 0, 1});
    EXPECT_THAT(Rebase(std::move(progress).take()).onto(next), ElementsAre(0.3F, 0.1F, 5));
}

TEST(Rebase, NothingLearnedSinceTheLastUpdateIsExactlyNoProgress) {
    std::mt19937 random(1);
    for (int trial = 0; trial < 20; ++trial) {
        const std::vector<float> base = random_values(random, 1.0F);
        std::vector<float> weights = base;
        std::vector<std::vector<float>> sent;
        for (int update = 0; update < 4; ++update) {
            const std::vector<float> step = random_values(random, 1e-3F);
            for (std::size_t i = 0; i < weights.size(); ++i)
                weights[i] += step[i];
            sent.push_back(progress_of(weights, base, sent));
            ASSERT_THAT(progress_of(weights, base, sent), Each(0.0F));
        }
    }
}

TEST(Rebase, WithoutProgressTheNewBaseIsTakenToTheBit) {
    std::mt19937 random(2);
    const std::vector<float> base = random_values(random, 1.0F);
    const std::vector<float> weights = random_values(random, 1.0F);
    const std::vector<float> next = random_values(random, 1.0F);
    const std::vector<float> sent = progress_of(weights, base, {});
    EXPECT_EQ(Rebase(progress_of(weights, base, {sent})).onto(next), next);
}

TEST(Rebase, ReappliesExactlyWhatTheVersionDoesNotCount) {
    const std::vector<float> base{10}, counted{1}, later{2}, weights{17}, next{12};
    Rebase rebase(progress_of(weights, base, {counted, later}));
    rebase.add(later);
    EXPECT_THAT(std::move(rebase).onto(next), ElementsAre(12 + 2 + 4));
}

TEST(Rebase, GivesInOnePassOfSparseUpdatesWhatItGivesStepByStep) {
    std::mt19937 random(3);
    for (int trial = 0; trial < 50; ++trial) {
        const std::size_t size = 1 + random() % 3000;
        const auto values = [&] {
            std::vector<float> drawn(size);
            for (float& value : drawn) {
                value = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
                if (random() % 3 == 0) value = random() % 2 == 0 ? 0.0F : -0.0F;
            }
            return drawn;
        };
        const std::vector<float> weights = values(), base = values(), next = values();
        const Sharing sharing{random() % (size + 1), {{size / 2, size / 2 + random() % 5}}};
        std::vector<SparseValues> kept(random() % 4);
        for (SparseValues& delta : kept) {
            delta.size = size;
            for (std::uint32_t place = 0; place < size; ++place) {
                if (random() % 7 != 0) continue;
                delta.places.push_back(place);
                // As the spool reads it: the moments are no difference.
                delta.values.push_back(place < sharing.statistics ? 0.0F : static_cast<float>(random() % 100) / 64.0F);
            }
        }
        const std::size_t counted = random() % (kept.size() + 1);
        Progress progress(weights, base, sharing);
        for (const SparseValues& delta : kept)
            progress.take_off(delta);
        Rebase rebase(std::move(progress).take());
        for (std::size_t k = counted; k < kept.size(); ++k)
            rebase.add(kept[k]);
        std::vector<float> expected = std::move(rebase).onto(next);
        keep_personal(expected, weights, sharing);
        const std::vector<float> found = rebased(weights, base, next, sharing, kept, counted);
        ASSERT_EQ(found.size(), expected.size());
        ASSERT_EQ(std::memcmp(found.data(), expected.data(), expected.size() * sizeof(float)), 0) << trial;
    }
}

TEST(Clip, LeavesAShortUpdateAlone) {
    std::vector<float> delta{100, 3, 4};
    const auto clipped = clip(delta, 1, 5.0F);
    ASSERT_TRUE(clipped);
    EXPECT_FLOAT_EQ(clipped->norm, 5.0F);
    EXPECT_THAT(delta, ElementsAre(100, 3, 4));
}

TEST(Clip, ShortensTheTrainedPartAloneToBelowTheLimit) {
    std::vector<float> delta{100, 30, 40};
    ASSERT_TRUE(clip(delta, 1, 5.0F));
    EXPECT_EQ(delta[0], 100);
    EXPECT_LE(std::hypot(delta[1], delta[2]), 5.0F);
    EXPECT_NEAR(std::hypot(delta[1], delta[2]), 5.0F, 1e-3);
}

TEST(Clip, RefusesWhatIsNotFinite) {
    std::vector<float> delta{1, std::numeric_limits<float>::quiet_NaN()};
    EXPECT_FALSE(clip(delta, 0, 5.0F));
    delta[1] = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(clip(delta, 0, 5.0F));
}

TEST(Clip, MeasuresEachValueOfALongUpdateOnce) {
    for (std::size_t large = 3; large < 32; ++large) {
        std::vector<float> delta(32, 0.5F);
        delta[large] = 7;
        double squares = 0;
        for (std::size_t i = 3; i < delta.size(); ++i)
            squares += static_cast<double>(delta[i]) * static_cast<double>(delta[i]);
        const auto clipped = clip(delta, 3, 100.0F);
        ASSERT_TRUE(clipped);
        EXPECT_NEAR(clipped->norm, std::sqrt(squares), 1e-5) << large;
        ASSERT_TRUE(clip(delta, 3, 1.0F));
        EXPECT_LE(norm_of(Values(delta).subspan(3)), 1.0) << large;
        EXPECT_EQ(delta[2], 0.5F) << "a moment is no difference";
    }
    for (std::size_t at = 0; at < 32; ++at) {
        for (const float none : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
            std::vector<float> delta(32, 0.5F);
            delta[at] = none;
            EXPECT_FALSE(clip(delta, 3, 100.0F)) << at;
        }
    }
}

}  // namespace
}  // namespace skerry::node
