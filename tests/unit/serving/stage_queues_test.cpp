#include "edge-node/serving/stages/stage_queues.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/serving/staged.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class StageQueuesTest : public ::testing::Test {
protected:
    std::shared_ptr<testing::TestRequest> request(std::shared_ptr<const Snapshot> snapshot = nullptr) {
        auto made = std::make_shared<testing::TestRequest>(testing::Samples{testing::kDown},
                                                           snapshot ? std::move(snapshot) : snapshot_);
        made->arrived = now_;
        return made;
    }
    std::shared_ptr<testing::TestRequest> request_due(StageQueues::Duration from_now) {
        auto made = request();
        made->deadline = now_ + from_now;
        return made;
    }
    void push(Tier stage, std::shared_ptr<StagedRequest> request) {
        StagedRow row;
        row.request = std::move(request);
        queues_.push(stage, std::move(row));
    }
    /// The stage has run often enough for full batches.
    void learn(Tier stage, StageQueues::Duration of_one, StageQueues::Duration of_more) {
        for (std::size_t i = 0; i < 2 * policy_.batch_rows_max; ++i) {
            const std::size_t rows = queues_.batch_rows(stage);
            queues_.report(stage, rows, rows == 1 ? of_one : of_more * static_cast<int>(rows), now_);
        }
    }

    std::shared_ptr<const Snapshot> snapshot_ = testing::small_snapshot();
    StagePolicy policy_{.batch_rows_max = 4, .latency_budget = milliseconds(10)};
    StageQueues queues_{policy_};
    StageQueues::Instant now_{std::chrono::seconds(1000)};
};

TEST_F(StageQueuesTest, GivesWorkAtOnceHoweverFewWait) {
    EXPECT_FALSE(queues_.pop(now_));
    EXPECT_EQ(queues_.worth(now_), 0);
    learn(Tier::Light, microseconds(10), microseconds(5));
    push(Tier::Light, request());
    EXPECT_GT(queues_.worth(now_), 0);
    const auto batch = queues_.pop(now_);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->stage, Tier::Light);
    EXPECT_EQ(batch->rows.size(), 1U);
    EXPECT_TRUE(queues_.empty());
}

TEST_F(StageQueuesTest, TakesAsManyRowsAsTheStageMayHold) {
    for (int i = 0; i < 6; ++i)
        push(Tier::Medium, request());
    EXPECT_EQ(queues_.pop(now_)->rows.size(), 1U) << "nothing is known yet";
    learn(Tier::Medium, microseconds(10), microseconds(5));
    EXPECT_EQ(queues_.pop(now_)->rows.size(), 4U);
    EXPECT_EQ(queues_.pop(now_)->rows.size(), 1U);
}

TEST_F(StageQueuesTest, NeverMixesTwoVersionsInOneBatch) {
    learn(Tier::Light, microseconds(10), microseconds(5));
    const auto newer = testing::small_snapshot(Tier::Heavy, {ModelVersion{8}, 0});
    push(Tier::Light, request());
    push(Tier::Light, request(newer));
    push(Tier::Light, request());
    const auto first = queues_.pop(now_);
    ASSERT_EQ(first->rows.size(), 2U);
    EXPECT_EQ(first->rows[0].request->snapshot, snapshot_);
    EXPECT_EQ(first->rows[1].request->snapshot, snapshot_);
    EXPECT_EQ(queues_.pop(now_)->rows[0].request->snapshot, newer);
}

TEST_F(StageQueuesTest, TakesTheNearestDeadlineFirst) {
    const auto patient = request();
    const auto later = request_due(milliseconds(50));
    const auto sooner = request_due(milliseconds(20));
    for (const auto& each : {patient, later, sooner})
        push(Tier::Heavy, each);
    EXPECT_EQ(queues_.pop(now_)->rows[0].request, sooner);
    EXPECT_EQ(queues_.pop(now_)->rows[0].request, later);
    EXPECT_EQ(queues_.pop(now_)->rows[0].request, patient);
}

TEST_F(StageQueuesTest, GivesARequestWithADeadlineItsFirstAnswerBeforeAllDeeperWork) {
    learn(Tier::Heavy, microseconds(100), microseconds(50));
    learn(Tier::Light, microseconds(100), microseconds(50));
    for (int i = 0; i < 4; ++i)
        push(Tier::Heavy, request_due(milliseconds(1)));
    push(Tier::Light, request_due(milliseconds(9)));
    EXPECT_EQ(queues_.pop(now_)->stage, Tier::Light);
    EXPECT_EQ(queues_.pop(now_)->stage, Tier::Heavy);
}

TEST_F(StageQueuesTest, PrefersTheStageWhoseBatchGainsMore) {
    learn(Tier::Medium, microseconds(100), microseconds(50));
    learn(Tier::Heavy, microseconds(100), microseconds(50));
    push(Tier::Medium, request());
    for (int i = 0; i < 4; ++i)
        push(Tier::Heavy, request());
    EXPECT_EQ(queues_.pop(now_)->stage, Tier::Heavy);
}

TEST_F(StageQueuesTest, LetsARowThatHasWaitedLongGoBeforeAFullerBatch) {
    learn(Tier::Medium, microseconds(100), microseconds(50));
    learn(Tier::Heavy, microseconds(100), microseconds(50));
    push(Tier::Medium, request());
    now_ += milliseconds(9);
    for (int i = 0; i < 4; ++i)
        push(Tier::Heavy, request());
    EXPECT_EQ(queues_.pop(now_)->stage, Tier::Medium);
}

TEST_F(StageQueuesTest, DoesNotMissADeadlineForTheCompanyOfOthers) {
    learn(Tier::Light, milliseconds(1), milliseconds(1));
    ASSERT_EQ(queues_.batch_rows(Tier::Light), 3U);
    for (int i = 0; i < 3; ++i)
        push(Tier::Light, request());
    push(Tier::Light, request_due(microseconds(2500)));
    EXPECT_EQ(queues_.pop(now_)->rows.size(), 2U);
}

TEST_F(StageQueuesTest, SaysHowLongTheStageBehindTakes) {
    learn(Tier::Medium, microseconds(300), microseconds(75));
    push(Tier::Light, request());
    EXPECT_EQ(queues_.pop(now_)->next_stage, microseconds(300));
    push(Tier::Heavy, request());
    EXPECT_EQ(queues_.pop(now_)->next_stage, microseconds(0)) << "there is none";
}

TEST_F(StageQueuesTest, ForgetsTheRowsOfARequestThatIsAnswered) {
    const auto gone = request();
    push(Tier::Medium, gone);
    push(Tier::Heavy, gone);
    push(Tier::Heavy, request());
    queues_.forget(*gone);
    EXPECT_EQ(queues_.waiting(Tier::Medium), 0U);
    EXPECT_EQ(queues_.waiting(Tier::Heavy), 1U);
}

}  // namespace
}  // namespace skerry::node
