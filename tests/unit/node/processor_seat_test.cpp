#include "edge-node/daemon/processor_seat.hpp"

#include <fstream>
#include <vector>

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

TEST(SeatChoice, StaysWhereItDoesNotWait) {
    SeatChoice choice(4, 2);
    for (int period = 0; period < 1000; ++period) {
        choice.after(0.04);
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

TEST(SeatChoice, ComesBackFromWhereItWaitsAsLongAndTriesThatMoreAndMoreSeldom) {
    SeatChoice choice(3, 0);
    std::vector<int> periods_between;
    for (int trial = 0; trial < 7; ++trial) {
        int periods = 0;
        for (; choice.at() == 0; ++periods)
            choice.after(0.3);
        EXPECT_EQ(choice.at(), 1U);
        choice.after(0.3);
        EXPECT_EQ(choice.at(), 0U);
        periods_between.push_back(periods);
    }
    EXPECT_EQ(periods_between, (std::vector{1, 9, 17, 33, 65, 129, 129}));
}

int processors() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    EXPECT_EQ(::sched_getaffinity(0, sizeof mask, &mask), 0);
    return CPU_COUNT(&mask);
}

TEST(ProcessorSeat, KeepsTheThreadToOneProcessorWhileAModelLearns) {
    const int all = processors();
    if (all < 2) GTEST_SKIP() << "this needs two processors";
    if (!std::ifstream("/proc/thread-self/schedstat"))
        GTEST_SKIP() << "this kernel does not tell how long a thread waited";
    boost::asio::io_context loop;
    bool learning = true;
    const ProcessorSeat seat(loop, [&] { return learning; });
    while (processors() != 1)
        loop.run_one();
    learning = false;
    while (processors() != all)
        loop.run_one();
}

TEST(ProcessorSeat, LeavesTheThreadWhereSomebodyElseHasPutIt) {
    const int all = processors();
    if (all < 2) GTEST_SKIP() << "this needs two processors";
    boost::asio::io_context loop;
    cpu_set_t before;
    CPU_ZERO(&before);
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    {
        const ProcessorSeat seat(loop, [] { return true; });
        for (int period = 0; period < 2; ++period)
            loop.run_one();
        int other = 0;
        while (CPU_ISSET(other, &before) == 0 || other == ::sched_getcpu())
            ++other;
        cpu_set_t theirs;
        CPU_ZERO(&theirs);
        CPU_SET(other, &theirs);
        ASSERT_EQ(::sched_setaffinity(0, sizeof theirs, &theirs), 0);
        for (int period = 0; period < 2; ++period)
            loop.run_one();
    }
    EXPECT_EQ(processors(), 1);
    ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(SeatChoice, HasNoChoiceOnOneProcessor) {
    SeatChoice choice(1, 0);
    choice.after(0.9);
    EXPECT_EQ(choice.at(), 0U);
}

}  // namespace
}  // namespace skerry::node
