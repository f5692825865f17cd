#include "edge-node/serving/serving_queue.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

TEST(ServingQueue, RunsEveryJobOnceAndCallsBackOnTheLoop) {
    boost::asio::io_context loop;
    ServingQueue queue(loop, ServingConfig{.workers = 3, .queue_requests_max = 2000});
    std::atomic<int> ran = 0;
    int done = 0;  // only the loop writes it
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(queue.submit([&](ClassifyScratch&) { ++ran; },
                                 [&, loop_thread = std::this_thread::get_id()] {
                                     ++done;
                                     EXPECT_EQ(std::this_thread::get_id(), loop_thread);
                                 },
                                 1));
    }
    EXPECT_EQ(queue.pending(), 1000U);
    loop.run();
    EXPECT_EQ(ran, 1000);
    EXPECT_EQ(done, 1000);
    EXPECT_EQ(queue.pending(), 0U);
}

TEST(ServingQueue, BoundsTheBytesThatWaitButTakesOneLargeJob) {
    boost::asio::io_context loop;
    ServingQueue queue(loop, ServingConfig{.workers = 1, .queue_bytes_max = 100});
    std::promise<void> gate;
    std::promise<void> begun;
    const auto nothing = [](ClassifyScratch&) {};
    ASSERT_TRUE(queue.submit(
        [&](ClassifyScratch&) {
            begun.set_value();
            gate.get_future().wait();
        },
        [] {}, 1));
    begun.get_future().wait();
    EXPECT_TRUE(queue.submit(
        nothing, [] {}, 500))
        << "the queue is empty";
    EXPECT_FALSE(queue.submit(
        nothing, [] {}, 1));
    gate.set_value();
    loop.run();
    EXPECT_TRUE(queue.submit(
        nothing, [] {}, 60));
    loop.restart();
    loop.run();
}

TEST(ServingQueue, DrainsAtOnceWhenNothingWaits) {
    boost::asio::io_context loop;
    ServingQueue queue(loop, ServingConfig{});
    bool empty = false;
    queue.drain([&] { empty = true; });
    EXPECT_FALSE(empty);
    loop.run();
    EXPECT_TRUE(empty);
    EXPECT_FALSE(queue.submit([](ClassifyScratch&) {}, [] {}, 1));
}

TEST(ServingQueue, DropsWhatWaitsWhenItIsDestroyedAndCallsNobodyBack) {
    boost::asio::io_context loop;
    bool called = false;
    {
        ServingQueue queue(loop, ServingConfig{});
        for (int i = 0; i < 50; ++i) {
            ASSERT_TRUE(queue.submit([](ClassifyScratch&) {}, [&] { called = true; }, 1));
        }
    }
    loop.run();
    EXPECT_FALSE(called);
}

// Goal: a request sees one version from its first to its last stage, while weights are swapped as fast as they can be.
TEST(SnapshotSlot, GivesWholeVersionsToReadersWhileItIsSwapped) {
    SnapshotSlot slot;
    slot.publish(testing::small_snapshot());
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    std::atomic<int> answers = 0;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            ClassifyScratch scratch;
            std::uint64_t last = 0;
            while (!stop) {
                const auto snapshot = slot.current();
                EXPECT_GE(snapshot->version.local, last);
                last = snapshot->version.local;
                // The version says which tier it holds.
                const Tier held = last % 2 == 0 ? Tier::Light : Tier::Heavy;
                EXPECT_EQ(classify(*snapshot, {1, 1}, Router(), Tier::Heavy, scratch).tier, held);
                ++answers;
            }
        });
    }
    for (std::uint64_t version = 4; version < 400 || answers < 1000; ++version) {
        slot.publish(testing::small_snapshot(version % 2 == 0 ? Tier::Light : Tier::Heavy, {ModelVersion{7}, version}));
    }
    stop = true;
    for (std::thread& reader : readers)
        reader.join();
}

TEST(ServingConfig, ListsEveryProblem) {
    EXPECT_TRUE(ServingConfig{}.problems().empty());
    EXPECT_EQ((ServingConfig{0, 0, 0, 0}.problems().size()), 4U);
}

}  // namespace
}  // namespace skerry::node
