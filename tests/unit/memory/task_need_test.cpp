#include "edge-node/memory/task_need.hpp"

#include <gtest/gtest.h>

#include "tests/unit/parameters/specs.hpp"

namespace skerry::node {
namespace {

TEST(TaskNeed, IsTheMeasuredPeakAndFifteenPercent) {
    TaskNeed need(1'000'000);
    EXPECT_EQ(need.bytes(), 1'150'000U);
    need.measured(200'000);
    EXPECT_EQ(need.bytes(), 230'000U) << "what was measured replaces what was accounted";
    need.measured(400'000);
    EXPECT_EQ(need.bytes(), 460'000U);
    need.measured(100'000);
    EXPECT_EQ(need.bytes(), 460'000U) << "the next may be as large again";
}

TEST(TensorAccount, ALighterTierNeedsLess) {
    const parameters::ModelSpec spec = parameters::testing::digits();
    const auto layout = parameters::ParameterLayout::of(spec);
    ASSERT_TRUE(layout);
    const TensorAccount light = account_of(spec, *layout, Tier::Light, {20, 2});
    const TensorAccount heavy = account_of(spec, *layout, Tier::Heavy, {20, 2});
    EXPECT_EQ(light.snapshot, 8 * layout->prefix(Tier::Light));
    EXPECT_EQ(heavy.snapshot, 8 * layout->prefix(Tier::Heavy));
    EXPECT_LT(light.snapshot, heavy.snapshot);
    EXPECT_LT(light.learning, heavy.learning);
    EXPECT_LT(light.install, heavy.install);
    EXPECT_EQ(account_of(spec, *layout, Tier::Heavy, {20, 5}).learning,
              heavy.learning + 3 * sizeof(float) * layout->prefix(Tier::Heavy));
    EXPECT_GE(heavy.sample, light.sample);
    EXPECT_GE(light.sample, spec.input.sample_bytes() + spec.input.values() * sizeof(float));
}

}  // namespace
}  // namespace skerry::node
