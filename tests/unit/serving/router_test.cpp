#include "edge-node/router/router.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge-node/router/exit_reading.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ExitReading, IsTheSoftmaxAndItsTwoLargestShares) {
    const std::vector<float> logits = {std::log(1.0F), std::log(6.0F), std::log(3.0F)};
    const ExitReading reading = read_exit(logits);
    EXPECT_THAT(reading.probabilities,
                ElementsAre(FloatNear(0.1F, 1e-6F), FloatNear(0.6F, 1e-6F), FloatNear(0.3F, 1e-6F)));
    EXPECT_EQ(reading.predicted, 1U);
    EXPECT_NEAR(reading.probability, 0.6F, 1e-6);
    EXPECT_NEAR(reading.margin, 0.3F, 1e-6);
}

TEST(ExitReading, SurvivesLargeLogitsAndTies) {
    EXPECT_EQ(read_exit(std::vector<float>{1000, -1000}).margin, 1.0F);
    const ExitReading tie = read_exit(std::vector<float>{7, 7});
    EXPECT_EQ(tie.margin, 0.0F);
    EXPECT_EQ(tie.predicted, 0U);
}

TEST(ExitReading, ReadsLogitsThatAreNotFiniteAsATie) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (const std::vector<float>& logits :
         {std::vector<float>{kNan, 1}, {1, kNan}, {infinity, infinity}, {infinity, 0}}) {
        const ExitReading reading = read_exit(logits);
        EXPECT_THAT(reading.probabilities, ElementsAre(0.5F, 0.5F));
        EXPECT_EQ(reading.margin, 0.0F);
    }
}

TEST(ScoreMap, IsTheIdentityAtFirst) {
    const ScoreMap map;
    for (const float u : {0.0F, 0.25F, 0.3F, 0.7F, 1.0F})
        EXPECT_EQ(map(u), u);
    EXPECT_EQ(map(-1), 0);
    EXPECT_EQ(map(2), 1);
    EXPECT_EQ(map(kNan), 1);
}

TEST(ScoreMap, IsLinearBetweenItsKnotsAndExactAtThem) {
    const auto map = ScoreMap::through({{0.1F, 0.3F}, {0.5F, 0.7F}});
    ASSERT_TRUE(map);
    EXPECT_EQ((*map)(0), 0);
    EXPECT_FLOAT_EQ((*map)(0.05F), 0.15F);
    EXPECT_EQ((*map)(0.1F), 0.3F);
    EXPECT_FLOAT_EQ((*map)(0.3F), 0.5F);
    EXPECT_EQ((*map)(0.5F), 0.7F);
    EXPECT_FLOAT_EQ((*map)(0.75F), 0.85F);
    EXPECT_EQ((*map)(1), 1);
}

TEST(ScoreMap, RefusesKnotsThatDoNotRise) {
    EXPECT_FALSE(ScoreMap::through({{0.5F, 0.5F}, {0.4F, 0.6F}}));
    EXPECT_FALSE(ScoreMap::through({{0.5F, 0.5F}, {0.6F, 0.5F}}));
    EXPECT_FALSE(ScoreMap::through({{0, 0.1F}}));
    EXPECT_FALSE(ScoreMap::through({{0.5F, 1}}));
    EXPECT_FALSE(ScoreMap::through({{kNan, 0.5F}}));
}

struct Route {
    Tier exit;
    float score;
    Tier deepest;
    std::optional<Tier> next;
};

TEST(Router, FollowsTheTable) {
    constexpr auto kLight = Tier::Light;
    constexpr auto kMedium = Tier::Medium;
    constexpr auto kHeavy = Tier::Heavy;
    const std::vector<Route> table = {
        {kLight, 0.0F, kHeavy, {}},       {kLight, 0.29F, kHeavy, {}},      {kLight, 0.3F, kHeavy, kMedium},
        {kLight, 0.69F, kHeavy, kMedium}, {kLight, 0.7F, kHeavy, kHeavy},   {kLight, 1.0F, kHeavy, kHeavy},
        {kMedium, 0.0F, kHeavy, {}},      {kMedium, 0.69F, kHeavy, {}},     {kMedium, 0.7F, kHeavy, kHeavy},
        {kHeavy, 1.0F, kHeavy, {}},       {kLight, 0.3F, kMedium, kMedium}, {kLight, 0.9F, kMedium, kMedium},
        {kMedium, 0.9F, kMedium, {}},     {kLight, 1.0F, kLight, {}},
    };
    const Router router;
    for (const Route& route : table) {
        EXPECT_EQ(router.next(route.exit, route.score, route.deepest), route.next)
            << name_of(route.exit) << " " << route.score << " " << name_of(route.deepest);
    }
}

TEST(Router, ScoresEachExitThroughItsOwnMap) {
    const Router router({}, *ScoreMap::through({{0.1F, 0.3F}}), *ScoreMap::through({{0.2F, 0.7F}}));
    EXPECT_FLOAT_EQ(router.score(Tier::Light, 0.9F), 0.3F);
    EXPECT_FLOAT_EQ(router.score(Tier::Medium, 0.8F), 0.7F);
    EXPECT_FLOAT_EQ(router.score(Tier::Heavy, 0.8F), 0.2F);
}

}  // namespace
}  // namespace skerry::node
