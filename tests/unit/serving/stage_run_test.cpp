#include "edge-node/serving/stages/stage_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "tests/unit/serving/staged.hpp"

namespace skerry::node {
namespace {

/// All rows of one request, stage by stage, as the engine does it.
void run_all(const std::shared_ptr<testing::TestRequest>& request, std::chrono::nanoseconds next_stage = {}) {
    StageScratch scratch;
    StageBatch batch;
    batch.next_stage = next_stage;
    for (std::size_t i = 0; i < request->samples.size(); ++i) {
        batch.rows.emplace_back();
        batch.rows.back().request = request;
        batch.rows.back().index = i;
    }
    for (const Tier stage : {Tier::Light, Tier::Medium, Tier::Heavy}) {
        batch.stage = stage;
        std::vector<StageOutcome> outcomes = run_stage(batch, scratch);
        std::vector<StagedRow> going_on;
        for (std::size_t i = 0; i < batch.rows.size(); ++i) {
            const bool goes_on = outcomes[i].next.has_value();
            record(batch.rows[i], std::move(outcomes[i]));
            if (goes_on) going_on.push_back(std::move(batch.rows[i]));
        }
        batch.rows = std::move(going_on);
        if (batch.rows.empty()) return;
    }
    FAIL() << "a row wants to go beyond the heavy exit";
}

TEST(StageRun, AnswersABatchAsEachOfItsSamplesAlone) {
    const auto snapshot = testing::small_snapshot();
    Random random(1);
    for (int repetition = 0; repetition < 50; ++repetition) {
        testing::Samples samples;
        for (int i = 0; i < 8; ++i) {
            // Near a tie, so that all exits answer some of them.
            const auto value = static_cast<float>(random.uniform());
            samples.push_back({value, value + static_cast<float>(random.uniform() - 0.5) / 300});
        }
        const auto request = std::make_shared<testing::TestRequest>(samples, snapshot);
        run_all(request);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            ClassifyScratch scratch;
            const Answer alone = classify(*snapshot, samples[i], Router(), Tier::Heavy, scratch);
            const Answer& staged = request->answers[i];
            EXPECT_EQ(staged.tier, alone.tier);
            EXPECT_EQ(staged.logits, alone.logits);
            EXPECT_EQ(staged.score, alone.score);
            EXPECT_FALSE(staged.anytime);
            for (std::size_t exit = 0; exit < kTiers; ++exit)
                EXPECT_EQ(staged.glances[exit].has_value(), alone.glances[exit].has_value());
        }
    }
}

TEST(StageRun, AnswersWithTheBestExitSoFarWhereTheNextStageWouldEndTooLate) {
    const auto request = std::make_shared<testing::TestRequest>(testing::Samples{testing::kTie, testing::kUp});
    request->deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    run_all(request, std::chrono::seconds(61));
    EXPECT_EQ(request->answers[0].tier, Tier::Light);
    EXPECT_TRUE(request->answers[0].anytime);
    EXPECT_EQ(request->answers[1].tier, Tier::Light);
    EXPECT_FALSE(request->answers[1].anytime) << "the light exit is all that this one wants";
}

TEST(StageRun, GoesOnWhereThereIsTime) {
    const auto request = std::make_shared<testing::TestRequest>(testing::Samples{testing::kTie});
    request->deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    run_all(request, std::chrono::seconds(1));
    EXPECT_EQ(request->answers[0].tier, Tier::Heavy);
    EXPECT_FALSE(request->answers[0].anytime);
}

TEST(StageRun, ReadsNoExitBeyondWhatIsAskedForOrHeld) {
    const auto capped = std::make_shared<testing::TestRequest>(testing::Samples{testing::kTie});
    capped->deepest = Tier::Medium;
    run_all(capped);
    EXPECT_EQ(capped->answers[0].tier, Tier::Medium);
    EXPECT_FALSE(capped->answers[0].anytime);

    const auto light_only =
        std::make_shared<testing::TestRequest>(testing::Samples{testing::kTie}, testing::small_snapshot(Tier::Light));
    run_all(light_only);
    EXPECT_EQ(light_only->answers[0].tier, Tier::Light);
    EXPECT_FALSE(light_only->answers[0].anytime);
}

TEST(StageRun, CountsValuesThatWereClamped) {
    const auto request = std::make_shared<testing::TestRequest>(testing::Samples{{0, 1}, {0, 1e9F}, {-1e9F, 0}});
    run_all(request);
    EXPECT_EQ(request->clamped, 2U);
    EXPECT_EQ(request->clamped_channel, 1U);
}

}  // namespace
}  // namespace skerry::node
