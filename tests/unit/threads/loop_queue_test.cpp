#include "common/threads/loop_queue.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace skerry {
namespace {

struct LoopBellTest : testing::Test {
    boost::asio::io_context loop{1};
    int heard = 0;
    LoopBell bell{loop, [this] { ++heard; }};
};

TEST_F(LoopBellTest, HearsOneRingOfManyAndNoneUnlessItListens) {
    bell.ring();
    bell.ring();
    loop.run();
    EXPECT_EQ(heard, 0) << "nobody listens";
    loop.restart();
    bell.listen();
    bell.listen();
    EXPECT_EQ(heard, 0) << "never inside a call";
    loop.run();
    EXPECT_EQ(heard, 1);
    loop.restart();
    bell.listen();
    EXPECT_EQ(loop.poll(), 0U) << "it has heard those rings";
    bell.ring();
    loop.run();
    EXPECT_EQ(heard, 2);
}

TEST_F(LoopBellTest, KeepsTheLoopRunningUntilAnotherThreadRings) {
    bell.listen();
    std::thread other([this] { bell.ring(); });
    loop.run();
    other.join();
    EXPECT_EQ(heard, 1);
}

TEST_F(LoopBellTest, HushesARingThatIsUnderWayAndHearsItWhenItListensAgain) {
    bell.listen();
    bell.ring();
    bell.hush();
    loop.run();
    EXPECT_EQ(heard, 0);
    loop.restart();
    bell.listen();
    bell.hush();
    bell.listen();
    loop.run();
    EXPECT_EQ(heard, 1);
}

TEST(LoopBell, MayEndWhileItListensOrIsHeard) {
    boost::asio::io_context loop(1);
    std::unique_ptr<LoopBell> bell;
    bell = std::make_unique<LoopBell>(loop, [&] { bell.reset(); });
    bell->listen();
    bell->ring();
    loop.run();
    EXPECT_EQ(bell, nullptr);
    loop.restart();
    bell = std::make_unique<LoopBell>(loop, [] { FAIL() << "it is gone"; });
    bell->listen();
    bell->ring();
    bell.reset();
    loop.run();
}

TEST(LoopQueue, RunsWhatSeveralThreadsPostEachInItsOrderOnTheLoopsThread) {
    constexpr int kThreads = 4;
    constexpr int kJobs = 1000;
    boost::asio::io_context loop(1);
    LoopQueue queue(loop);
    std::vector<std::vector<int>> ran(kThreads);
    for (int i = 0; i < kThreads * kJobs; ++i)
        queue.expect();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] {
            for (int job = 0; job < kJobs; ++job)
                queue.post([&, thread, job, of = std::make_unique<int>(job)] {
                    EXPECT_EQ(*of, job);
                    ran[static_cast<std::size_t>(thread)].push_back(job);
                });
        });
    loop.run();
    for (std::thread& thread : threads)
        thread.join();
    for (const std::vector<int>& jobs : ran) {
        ASSERT_EQ(jobs.size(), std::size_t{kJobs});
        EXPECT_TRUE(std::is_sorted(jobs.begin(), jobs.end()));
    }
}

TEST(LoopQueue, EndsInAJobAndDropsTheOthers) {
    boost::asio::io_context loop(1);
    auto queue = std::make_unique<LoopQueue>(loop);
    const auto kept = std::make_shared<int>(0);
    for (int i = 0; i < 2; ++i)
        queue->expect();
    queue->post([&] { queue.reset(); });
    queue->post([kept] { FAIL() << "dropped"; });
    loop.run();
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(LoopQueue, GoesOnAfterAJobThatThrows) {
    boost::asio::io_context loop(1);
    LoopQueue queue(loop);
    for (int i = 0; i < 2; ++i)
        queue.expect();
    bool ran = false;
    queue.post([] { throw std::runtime_error("no"); });
    queue.post([&] { ran = true; });
    EXPECT_THROW(loop.run(), std::runtime_error);
    loop.run();
    EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace skerry
