#include "edge-node/serving/stages/serving_engine.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge-node/serving/stages/stage_workers.hpp"
#include "tests/unit/serving/gated_executor.hpp"
#include "tests/unit/serving/staged.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using testing::Gate;
using testing::TestRequest;

std::shared_ptr<TestRequest> one(const std::vector<float>& sample,
                                 std::shared_ptr<const Snapshot> snapshot = testing::small_snapshot()) {
    return std::make_shared<TestRequest>(testing::Samples{sample}, std::move(snapshot));
}

class ServingEngineTest : public ::testing::TestWithParam<microseconds> {
protected:
    /// Handed to the workers, or run by the loop where it may be.
    ServingConfig config() const {
        ServingConfig config;
        config.workers = 2;
        config.queue_requests_max = 2000;
        config.inline_below = GetParam();
        return config;
    }
    boost::asio::io_context loop_;
};

INSTANTIATE_TEST_SUITE_P(WorkersOrLoop, ServingEngineTest, ::testing::Values(microseconds(0), microseconds(100'000)));

TEST_P(ServingEngineTest, AnswersEveryRequestOnceOnTheLoopWithWhatItsSamplesSay) {
    StageWorkers workers(config().workers);
    ServingEngine engine(loop_, workers, config());
    const auto snapshot = testing::small_snapshot();
    int answered = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto request =
            std::make_shared<TestRequest>(testing::Samples{testing::kUp, testing::kTie, testing::kDown}, snapshot);
        request->on_answered = [&, raw = request.get(), thread = std::this_thread::get_id()] {
            ++answered;
            EXPECT_EQ(std::this_thread::get_id(), thread);
            EXPECT_EQ(raw->times_answered, 1);
            EXPECT_EQ(raw->answers[0].tier, Tier::Light);
            EXPECT_EQ(raw->answers[0].reading.predicted, 1U);
            EXPECT_EQ(raw->answers[1].tier, Tier::Heavy);
            EXPECT_EQ(raw->answers[2].reading.predicted, 0U);
        };
        ASSERT_TRUE(engine.submit(request));
    }
    loop_.run();
    EXPECT_EQ(answered, 1000);
    EXPECT_EQ(engine.pending(), 0U);
    EXPECT_EQ(engine.numbers()[0].rows, 3000U);
    EXPECT_EQ(engine.numbers()[2].rows, 1000U);
    EXPECT_EQ(engine.numbers()[2].waiting, 0U);
}

TEST_P(ServingEngineTest, NeverMissesADeadlineThatLightCanMeetBecauseOfDeeperWork) {
    StageWorkers workers(config().workers);
    ServingEngine engine(loop_, workers, config());
    const auto first = one(testing::kUp);
    ASSERT_TRUE(engine.submit(first));
    loop_.run();  // what the light stage takes is known from now on

    Gate gate;
    const auto slow = testing::gated_snapshot(gate, Tier::Heavy);
    std::vector<std::shared_ptr<TestRequest>> holding;
    for (std::size_t i = 0; i < config().workers; ++i) {
        holding.push_back(one(testing::kTie, slow));
        ASSERT_TRUE(engine.submit(holding.back()));
    }
    gate.await(static_cast<int>(config().workers));  // every worker is held by a heavy stage

    const auto hurried = one(testing::kTie, slow);
    hurried->deadline = std::chrono::steady_clock::now() + milliseconds(50);
    loop_.restart();
    ASSERT_TRUE(engine.submit(hurried));
    while (hurried->times_answered == 0)  // the gate stays shut: nobody else can let it go
        loop_.run_one();
    EXPECT_NE(hurried->answers[0].tier, Tier::Heavy);
    EXPECT_TRUE(hurried->answers[0].anytime);
    EXPECT_EQ(holding[0]->times_answered, 0);
    gate.open();
    loop_.run();
    EXPECT_EQ(holding[0]->times_answered, 1);
    EXPECT_EQ(hurried->times_answered, 1) << "what its rows found later changes nothing";
}

TEST(ServingEngine, AnswersTheSurvivorsOfSeveralRequestsTogether) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{.inline_below = microseconds(0)});
    const auto snapshot = testing::small_snapshot();
    for (int i = 0; i < 3; ++i) {  // each full batch lets the next have a row more
        Gate gate;
        ASSERT_TRUE(engine.submit(one(testing::kTie, testing::gated_snapshot(gate))));
        gate.await(1);  // the worker is held: what comes now waits together
        for (int k = 0; k < 63; ++k)
            ASSERT_TRUE(engine.submit(one(testing::kTie, snapshot)));
        gate.open();
        loop.run();
        loop.restart();
    }
    const StageNumbers heavy = engine.numbers()[2];
    EXPECT_EQ(heavy.rows, 192U);
    EXPECT_LT(heavy.batches, heavy.rows);
    EXPECT_GT(heavy.batch_rows, 1U);
}

TEST(ServingEngine, RunsEachRowByItselfWithoutBatching) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{.batching = false, .inline_below = microseconds(0)});
    const auto snapshot = testing::small_snapshot();
    for (int k = 0; k < 200; ++k)
        ASSERT_TRUE(engine.submit(one(testing::kTie, snapshot)));
    loop.run();
    EXPECT_EQ(engine.numbers()[2].rows, 200U);
    EXPECT_EQ(engine.numbers()[2].batches, 200U);
}

TEST(ServingEngine, BoundsTheBytesThatWaitButTakesOneLargeRequest) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{.queue_bytes_max = 100});
    Gate gate;
    const auto slow = testing::gated_snapshot(gate);
    EXPECT_TRUE(engine.has_room());
    EXPECT_TRUE(engine.submit(one(testing::kUp, slow))) << "there is no other";
    EXPECT_FALSE(engine.has_room());
    EXPECT_FALSE(engine.submit(one(testing::kUp, slow)));
    gate.open();
    loop.run();
    EXPECT_TRUE(engine.submit(one(testing::kUp, slow)));
    loop.restart();
    loop.run();
}

TEST(ServingEngine, BoundsTheRequestsThatWait) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{.queue_requests_max = 2});
    Gate gate;
    const auto slow = testing::gated_snapshot(gate);
    EXPECT_TRUE(engine.submit(one(testing::kUp, slow)));
    EXPECT_TRUE(engine.submit(one(testing::kUp, slow)));
    EXPECT_FALSE(engine.submit(one(testing::kUp, slow)));
    gate.open();
    loop.run();
    EXPECT_TRUE(engine.has_room());
}

TEST(ServingEngine, AuditsInIdleTimeOnly) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{});
    Gate gate;
    const auto slow = testing::gated_snapshot(gate);
    std::vector<int> order;
    const auto held = one(testing::kUp, slow);
    ASSERT_TRUE(engine.submit(held));
    gate.await(1);  // the only worker is held
    ServingEngine::Exits found;
    ASSERT_TRUE(engine.audit(testing::small_snapshot(), one(testing::kUp)->owned[0], [&](ServingEngine::Exits exits) {
        order.push_back(0);
        found = std::move(exits);
    }));
    const auto later = one(testing::kUp, slow);
    later->on_answered = [&] { order.push_back(1); };
    ASSERT_TRUE(engine.submit(later));
    gate.open();
    loop.run();
    EXPECT_EQ(order, (std::vector{1, 0}));
    ASSERT_TRUE(found[0] && found[1] && found[2]);
    EXPECT_THAT(*found[0], ElementsAre(0, FloatNear(1000, 1)));
    EXPECT_THAT(*found[2], ElementsAre(0, 1000));
}

TEST(ServingEngine, TakesNoMoreAuditsThanItMayHold) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{});
    Gate gate;
    ASSERT_TRUE(engine.submit(one(testing::kUp, testing::gated_snapshot(gate))));
    gate.await(1);
    const auto snapshot = testing::small_snapshot();
    std::size_t taken = 0;
    std::size_t done = 0;
    while (taken < 100'000 && engine.audit(snapshot, Bytes(8), [&](ServingEngine::Exits) { ++done; }))
        ++taken;
    EXPECT_GT(taken, 0U);
    EXPECT_LT(taken, 100'000U);
    gate.open();
    loop.run();
    EXPECT_EQ(done, taken);
}

TEST(ServingEngine, RefusesWhileItDrainsAndFinishesWhatItTook) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    ServingEngine engine(loop, workers, ServingConfig{});
    const auto taken = one(testing::kTie);
    ASSERT_TRUE(engine.submit(taken));
    bool empty = false;
    engine.drain([&] {
        empty = true;
        EXPECT_EQ(taken->times_answered, 1);
    });
    EXPECT_FALSE(empty);
    EXPECT_FALSE(engine.submit(one(testing::kUp)));
    EXPECT_FALSE(engine.audit(testing::small_snapshot(), Bytes(8), [](ServingEngine::Exits) {}));
    loop.run();
    EXPECT_TRUE(empty);
}

TEST(ServingEngine, DropsWhatWaitsWhenItIsDestroyedAndAnswersNobody) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    Gate gate;
    const auto held = testing::gated_snapshot(gate);
    std::vector<std::shared_ptr<TestRequest>> requests;
    std::thread opener;
    {
        ServingEngine engine(loop, workers, ServingConfig{.inline_below = microseconds(0)});
        // The first holds the only worker, so that nobody knows yet what a stage takes: with that known and the worker
        // busy, the loop would answer some of the others itself, at once, because their deadlines are near.
        for (int i = 0; i < 50; ++i) {
            requests.push_back(one(testing::kUp, held));
            requests.back()->deadline = std::chrono::steady_clock::now() + milliseconds(1);
            EXPECT_TRUE(engine.submit(requests.back()));
        }
        gate.await(1);
        EXPECT_EQ(engine.pending(), 50U);
        opener = std::thread([&gate] { gate.open(); });  // the destructor waits for what is being run
    }
    loop.run();
    opener.join();
    for (const auto& request : requests)
        EXPECT_EQ(request->times_answered, 0);
}

TEST(ServingEngine, SharesItsWorkersWithOtherModels) {
    boost::asio::io_context loop;
    StageWorkers workers(1);
    const ServingConfig config{.inline_below = microseconds(0)};
    ServingEngine one_model(loop, workers, config);
    int answered = 0;
    {
        ServingEngine other_model(loop, workers, config);
        for (ServingEngine* const engine : {&one_model, &other_model}) {
            const auto request = one(testing::kTie);
            request->on_answered = [&answered] { ++answered; };
            ASSERT_TRUE(engine->submit(request));
        }
        loop.run();
        EXPECT_EQ(answered, 2);
    }
    ASSERT_TRUE(one_model.submit(one(testing::kUp)));
    loop.restart();
    loop.run();
}

TEST(ServingConfig, ListsEveryProblem) {
    EXPECT_TRUE(ServingConfig{}.problems().empty());
    const ServingConfig wrong{.workers = 0,
                              .queue_requests_max = 0,
                              .queue_bytes_max = 0,
                              .request_samples_max = 0,
                              .batch_max = 0,
                              .latency_budget = microseconds(1)};
    EXPECT_EQ(wrong.problems().size(), 6U);
}

}  // namespace
}  // namespace skerry::node
