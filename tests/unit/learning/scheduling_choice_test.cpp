#include "edge-node/learning/scheduling_choice.hpp"

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

using namespace std::chrono_literals;
using Class = SchedulingChoice::Class;

TEST(SchedulingChoice, StaysIdleWhileThereIsTimeLeftOver) {
    SchedulingChoice choice;
    for (int request = 0; request < 1000; ++request)
        ASSERT_EQ(choice.after(100ms, 20ms), Class::Idle);
}

TEST(SchedulingChoice, RisesWhenOthersLeaveNothingAndTriesAgainLater) {
    SchedulingChoice choice;
    EXPECT_EQ(choice.after(900ms, 1ms), Class::Idle) << "too short to tell";
    EXPECT_EQ(choice.after(200ms, 1ms), Class::Batch);
    EXPECT_EQ(choice.after(9900ms, 900ms), Class::Batch);
    EXPECT_EQ(choice.after(100ms, 10ms), Class::Idle);
    EXPECT_EQ(choice.after(20s, 1ms), Class::Batch) << "still nothing left over";
}

TEST(SchedulingChoice, ForgetsATimeThatWasGood) {
    SchedulingChoice choice;
    EXPECT_EQ(choice.after(10s, 10s), Class::Idle);
    EXPECT_EQ(choice.after(1s, 50ms), Class::Batch);
}

}  // namespace
}  // namespace skerry::node
