#include "edge-node/memory/pressure_guard.hpp"

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Kind = PressureGuard::Order::Kind;

/// A machine whose tasks stall for a share of the time, read four times a second.
class PressureGuardTest : public ::testing::Test {
protected:
    PressureGuardTest() {
        guard_.add(0);
        guard_.add(1);
    }
    /// All orders of `time` in which tasks stall for `share` of it.
    std::vector<PressureGuard::Order> pass(milliseconds time, double share) {
        std::vector<PressureGuard::Order> orders;
        for (milliseconds left = time; left > milliseconds(0); left -= milliseconds(250)) {
            now_ += milliseconds(250);
            stalled_ += microseconds(static_cast<std::int64_t>(250'000 * share));
            if (const auto order = guard_.on_reading(stalled_, now_)) orders.push_back(*order);
        }
        return orders;
    }

    PressureGuard guard_{PressurePolicy{}};
    TimePoint now_{};
    microseconds stalled_{0};
};

TEST_F(PressureGuardTest, ACalmMachineStopsNothing) {
    EXPECT_TRUE(pass(milliseconds(60'000), 0.09).empty());
    EXPECT_FALSE(guard_.short_of_memory());
    EXPECT_TRUE(guard_.calm());
    EXPECT_NEAR(guard_.share(), 0.09, 1e-9);
}

TEST_F(PressureGuardTest, StopsAdmissionsAfterASecondAndThenFallsBackTheNewestFirst) {
    pass(milliseconds(2000), 0);
    EXPECT_TRUE(pass(milliseconds(1000), 0.5).empty());
    EXPECT_TRUE(guard_.short_of_memory());
    const auto first = pass(milliseconds(1000), 0.5);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].kind, Kind::FallBack);
    EXPECT_EQ(first[0].model, 1U);
    EXPECT_TRUE(guard_.is_base(1));
    EXPECT_FALSE(guard_.is_base(0));
    const auto second = pass(milliseconds(1000), 0.5);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].model, 0U);
    EXPECT_TRUE(pass(milliseconds(60'000), 0.5).empty()) << "there is nothing left to fall back";
}

TEST_F(PressureGuardTest, RecoversAStepAtATimeOnceItHasBeenCalmForTwoSeconds) {
    pass(milliseconds(8000), 0.5);
    ASSERT_TRUE(guard_.is_base(0) && guard_.is_base(1));
    EXPECT_TRUE(pass(milliseconds(2500), 0).empty());
    EXPECT_TRUE(guard_.short_of_memory()) << "a window has to pass before it is known to be calm";
    EXPECT_TRUE(pass(milliseconds(1000), 0).empty());
    EXPECT_FALSE(guard_.short_of_memory());
    const auto orders = pass(milliseconds(4500), 0);
    ASSERT_EQ(orders.size(), 2U);
    EXPECT_EQ(orders[0].kind, Kind::Recover);
    EXPECT_EQ(orders[0].model, 0U) << "the last that fell is the first to recover";
    EXPECT_EQ(orders[1].model, 1U);
    EXPECT_TRUE(guard_.calm());
}

TEST_F(PressureGuardTest, APeakThatReturnsBeforeTwoSecondsOfCalmKeepsAdmissionsStopped) {
    pass(milliseconds(2250), 0.5);
    for (int wave = 0; wave < 10; ++wave) {
        pass(milliseconds(2000), 0);
        EXPECT_TRUE(guard_.short_of_memory());
        pass(milliseconds(500), 0.5);
    }
}

TEST_F(PressureGuardTest, ACounterThatBeginsAgainIsNoStall) {
    pass(milliseconds(3000), 0.05);
    stalled_ = microseconds(0);
    EXPECT_TRUE(pass(milliseconds(3000), 0.05).empty());
    EXPECT_FALSE(guard_.short_of_memory());
}

}  // namespace
}  // namespace skerry::node
