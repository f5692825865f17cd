#include "edge-node/router/router_config.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RouterConfig, IsUsableAsItIs) {
    EXPECT_THAT(RouterConfig{}.problems(), IsEmpty());
}

TEST(RouterConfig, RefusesThresholdsThatDoNotRise) {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THAT((RouterConfig{0.7F, 0.3F}.problems()), ElementsAre(HasSubstr("must rise")));
    EXPECT_THAT((RouterConfig{0.0F, 0.3F}.problems()), ElementsAre(HasSubstr("must rise")));
    EXPECT_THAT((RouterConfig{0.3F, nan}.problems()), ElementsAre(HasSubstr("must rise")));
}

TEST(RouterConfig, RefusesTargetsThatItsModeCannotKeep) {
    RouterConfig config;
    config.mode = RouterMode::Rank;
    config.latency_mean = std::chrono::microseconds(2000);
    EXPECT_THAT(config.problems(), ElementsAre(HasSubstr("\"rank\" has no targets")));
    config.mode = RouterMode::Risk;
    EXPECT_THAT(config.problems(), IsEmpty());
    config.audit_share = 0;
    EXPECT_THAT(config.problems(), ElementsAre(HasSubstr("without audits")));
    config = {};
    config.mode = RouterMode::Risk;
    config.accuracy_retention = 0;
    EXPECT_THAT(config.problems(), ElementsAre(HasSubstr("needs a target")));
}

TEST(RouterConfig, NamesEveryFaultAtOnce) {
    RouterConfig config;
    config.light_below = 2;
    config.accuracy_retention = 1;
    config.audit_share = -1;
    EXPECT_EQ(config.problems().size(), 3U);
}

}  // namespace
}  // namespace skerry::node
