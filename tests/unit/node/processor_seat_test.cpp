#include "edge-node/daemon/processor_seat.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

TEST(SeatChoice, StaysWhereItSeldomWaits) {
    SeatChoice choice(4, 2);
    for (int period = 0; period < 1000; ++period) {
        choice.after(period % 5 == 4 ? 0.4 : 0.1);  // a burst now and then
        ASSERT_EQ(choice.at(), 2U);
    }
}

TEST(SeatChoice, MovesToWhereItWaitsLess) {
    SeatChoice choice(2, 1);
    choice.after(0.4);
    EXPECT_EQ(choice.at(), 0U) << "it tries the next";
    choice.after(0.1);
    for (int period = 0; period < 4; ++period) {
        EXPECT_EQ(choice.at(), 0U);
        choice.after(0.1);
    }
}

TEST(SeatChoice, FindsTheOnlyOneOfManyWhereItDoesNotWait) {
    SeatChoice choice(8, 6);
    int periods = 0;
    for (; choice.at() != 5; ++periods) {
        ASSERT_LT(periods, 100);
        choice.after(0.5);
    }
    EXPECT_EQ(periods, 13) << "a period at each of the others, and one at home between two";
    for (int period = 0; period < 100; ++period) {
        choice.after(0.01);
        ASSERT_EQ(choice.at(), 5U);
    }
}

// Periods until it leaves its seat.
int periods_at_home(SeatChoice& choice, double waited) {
    const std::size_t home = choice.at();
    int periods = 0;
    for (; choice.at() == home && periods < 1000; ++periods)
        choice.after(waited);
    return periods;
}

TEST(SeatChoice, ComesBackFromWhereItWaitsAsLongAndTriesMoreAndMoreSeldom) {
    SeatChoice choice(2, 0);
    std::vector<int> periods_between;
    for (int round = 0; round < 7; ++round) {
        periods_between.push_back(periods_at_home(choice, 0.3));
        EXPECT_EQ(choice.at(), 1U);
        choice.after(0.3);
        EXPECT_EQ(choice.at(), 0U);
    }
    EXPECT_EQ(periods_between, (std::vector{1, 9, 17, 33, 65, 129, 129}));
    EXPECT_LE(periods_at_home(choice, 0.9), 5) << "but soon where it waits much longer than it did";
}

cpu_set_t mask_now() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    EXPECT_EQ(::sched_getaffinity(0, sizeof mask, &mask), 0);
    return mask;
}
bool same(const cpu_set_t& a, const cpu_set_t& b) {
    return CPU_EQUAL(&a, &b) != 0;
}

class ProcessorSeatTest : public testing::Test {
protected:
    void SetUp() override {
        if (CPU_COUNT(&before_) < 2) GTEST_SKIP() << "this needs two processors";
        if (std::string none; !std::getline(std::ifstream("/proc/thread-self/schedstat"), none))
            GTEST_SKIP() << "this kernel does not tell how long a thread waited";
    }
    void TearDown() override { ASSERT_EQ(::sched_setaffinity(0, sizeof before_, &before_), 0); }
    void run_until_seated() {
        for (cpu_set_t mask = mask_now(); CPU_COUNT(&mask) != 1; mask = mask_now())
            loop_.run_one();
    }

    const cpu_set_t before_ = mask_now();
    boost::asio::io_context loop_;
};

TEST_F(ProcessorSeatTest, KeepsTheThreadToOneProcessorWhileAModelLearns) {
    bool learning = true;
    const ProcessorSeat seat(loop_, [&] { return learning; });
    run_until_seated();
    learning = false;
    while (!same(mask_now(), before_))
        loop_.run_one();
}

TEST_F(ProcessorSeatTest, GivesBackItsProcessorsAtTheEnd) {
    {
        const ProcessorSeat seat(loop_, [] { return true; });
        run_until_seated();
    }
    EXPECT_TRUE(same(mask_now(), before_));
}

TEST_F(ProcessorSeatTest, LeavesTheThreadWhereSomebodyElseHasPutIt) {
    cpu_set_t theirs;
    CPU_ZERO(&theirs);
    {
        const ProcessorSeat seat(loop_, [] { return true; });
        run_until_seated();
        const cpu_set_t ours = mask_now();
        int other = 0;
        while (CPU_ISSET(other, &before_) == 0 || CPU_ISSET(other, &ours) != 0)
            ++other;
        CPU_SET(other, &theirs);
        ASSERT_EQ(::sched_setaffinity(0, sizeof theirs, &theirs), 0);
        for (int period = 0; period < 2; ++period)
            loop_.run_one();
        EXPECT_TRUE(same(mask_now(), theirs));
    }
    EXPECT_TRUE(same(mask_now(), theirs));
}

TEST(SeatChoice, HasNoChoiceOnOneProcessor) {
    SeatChoice choice(1, 0);
    choice.after(0.9);
    EXPECT_EQ(choice.at(), 0U);
}

}  // namespace
}  // namespace skerry::node
