#include "edge-node/learner/idle_time.hpp"

#include <atomic>
#include <sched.h>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

using namespace std::chrono_literals;
using Class = SchedulingChoice::Class;

TEST(SchedulingChoice, StaysIdleWhileThereIsTimeLeftOver) {
    SchedulingChoice choice;
    for (int piece = 0; piece < 1000; ++piece) {
        choice.after(100ms, 20ms);
        ASSERT_EQ(choice.now(), Class::Idle);
    }
}

TEST(SchedulingChoice, RisesWhenOthersLeaveNothingAndTriesAgainLater) {
    SchedulingChoice choice;
    choice.after(400ms, 1ms);
    EXPECT_EQ(choice.now(), Class::Idle) << "too short to tell";
    choice.after(100ms, 1ms);
    EXPECT_EQ(choice.now(), Class::Batch);
    choice.after(9'900ms, 0ms);
    EXPECT_EQ(choice.now(), Class::Batch);
    choice.after(100ms, 0ms);
    EXPECT_EQ(choice.now(), Class::Idle);
}

TEST(SchedulingChoice, TriesMoreSeldomWhileNothingIsLeftOver) {
    SchedulingChoice choice;
    std::vector<int> seconds_as_batch;
    for (int trial = 0; trial < 6; ++trial) {
        choice.after(1s, 1ms);
        for (seconds_as_batch.push_back(0); choice.now() == Class::Batch; ++seconds_as_batch.back())
            choice.after(1s, 0ms);
    }
    EXPECT_EQ(seconds_as_batch, (std::vector{10, 20, 40, 80, 120, 120}));

    choice.after(1s, 900ms);
    choice.after(1s, 1ms);
    choice.after(10s, 0ms);
    EXPECT_EQ(choice.now(), Class::Idle) << "a trial that went well is remembered";
}

TEST(IdleTime, RunsPiecesInTheIdleClassAndIsPreparedOnce) {
    std::atomic<int> prepared = 0;
    IdleTime idle([&] { ++prepared; });
    for (int piece = 0; piece < 3; ++piece) {
        int policy = -1;
        idle.run([&] { policy = ::sched_getscheduler(0); });
        EXPECT_EQ(policy, SCHED_IDLE);
    }
    EXPECT_EQ(prepared, 1);
    EXPECT_NE(::sched_getscheduler(0), SCHED_IDLE) << "the caller's own thread stays what it is";
}

TEST(IdleTime, ThrowsWhatThePieceThrowsAndGoesOn) {
    IdleTime idle([] {});
    EXPECT_THROW(idle.run([] { throw std::runtime_error("no"); }), std::runtime_error);
    bool ran = false;
    idle.run([&] { ran = true; });
    EXPECT_TRUE(ran);
}

TEST(IdleTime, WorksOnTheCallersThreadWhereAllProcessorsAreBusy) {
    std::atomic<bool> enough = false;
    std::vector<std::thread> others;
    for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu)
        others.emplace_back([&] {
            while (!enough)
                ;
        });
    IdleTime idle([] {});
    std::thread::id by;
    while (by != std::this_thread::get_id())
        idle.run([&] {
            const auto until = std::chrono::steady_clock::now() + 1ms;
            while (std::chrono::steady_clock::now() < until)
                ;
            by = std::this_thread::get_id();
        });
    enough = true;
    for (std::thread& other : others)
        other.join();
}

}  // namespace
}  // namespace skerry::node
