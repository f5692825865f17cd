#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

TEST_F(LearningPolicyTest, LearnsAStreamAndSaysWhatItDid) {
    const Learned learned = learn(20);
    EXPECT_TRUE(learned.accepted);
    EXPECT_GT(learned.report.accuracy, 0.97);
    EXPECT_EQ(learned.report.trigger, 20U);
    EXPECT_EQ(learned.report.rows, 100U);
    EXPECT_EQ(learned.report.trained_rows + learned.report.held_out_rows, 100U);
    EXPECT_EQ(learned.report.prequential.labelled, 2000U);
    EXPECT_EQ(learned.consumed.size(), 100U);
    EXPECT_EQ(learned.parameters, policy_->parameters());
    EXPECT_THAT(learned.report.reason, AllOf(HasSubstr("e="), HasSubstr("no drift")));
}

TEST_F(LearningPolicyTest, ScoresTheServedAnswerNotTheOneItWouldGiveNow) {
    Batch rows = batch();
    for (auto& row : rows)
        row.prediction.predicted = (row.label + 1) % 3;
    EXPECT_EQ(learn(rows).report.prequential.accuracy, 0);
}

TEST_F(LearningPolicyTest, TrainsWithTheStatisticsKnownBeforeTheBatchAndBlendsTheBatchInAfterwards) {
    const std::vector<float> before = *policy_->parameters();
    const Batch rows = batch();
    learn(rows);
    std::vector<float> scaled;
    for (const auto& row : rows) {
        const auto values = parameters::scaled_values(spec_.input, row.prediction.sample).value();
        scaled.insert(scaled.end(), values.begin(), values.end());
    }
    const auto moments = parameters::moments_of(spec_.input, scaled);
    for (std::size_t i = 0; i < layout_.statistics(); ++i) {
        EXPECT_EQ(engine_.trained_from[0][i], before[i]);
        EXPECT_NEAR((*policy_->parameters())[i], 0.7F * before[i] + 0.3F * moments[i], 1e-5);
    }
}

TEST_F(LearningPolicyTest, MixesEachStepFromTenNewRowsAndTenReplayedOnes) {
    config_.replay_logit_weight = 0.5F;  // tells the replayed ones from the others
    policy_ = make(config_);
    learn(2);
    const TrainPlan& first = engine_.plans[0];
    const TrainPlan& second = engine_.plans[1];
    ASSERT_GE(second.steps.size(), 8U);
    ASSERT_LE(second.steps.size(), 10U);
    for (const TrainStep& step : first.steps)
        EXPECT_THAT(step.size(), AllOf(Ge(8U), Le(13U)));  // nothing to replay
    std::set<std::uint32_t> fresh;
    for (const TrainStep& step : second.steps) {
        EXPECT_THAT(step.size(), AllOf(Ge(18U), Le(23U)));
        EXPECT_EQ(std::count_if(step.begin(), step.end(), [](const TrainRow& row) { return row.target.has_value(); }),
                  10);
        for (const TrainRow& row : step) {
            if (row.target) continue;
            EXPECT_TRUE(fresh.insert(row.row).second) << "a new row was dealt twice in one pass";
        }
    }
    EXPECT_EQ(second.logit_weight, config_.replay_logit_weight);
}

TEST_F(LearningPolicyTest, NeverTrainsOnARowThatIsHeldOutForValidation) {
    std::set<std::vector<float>> held_out;
    for (int i = 0; i < 10; ++i) {
        const Batch rows = batch();
        for (const auto& row : rows) {
            if (!feedback::is_for_validation(row.prediction.order)) continue;
            held_out.insert(parameters::scaled_values(spec_.input, row.prediction.sample).value());
        }
        learn(rows);
    }
    ASSERT_GT(held_out.size(), 50U);
    for (const auto& pool : engine_.pools) {
        for (std::size_t row = 0; row < pool.size(); row += 4) {
            EXPECT_FALSE(held_out.contains({pool.begin() + static_cast<std::ptrdiff_t>(row),
                                            pool.begin() + static_cast<std::ptrdiff_t>(row + 4)}));
        }
    }
}

TEST_F(LearningPolicyTest, TakesOneBatchAtATimeAndSurvivesAnAnswerAfterItsEnd) {
    engine_.deferred = true;
    policy_->learn(batch(), [](const Result<Learned>&) { FAIL() << "an answer after the end"; });
    EXPECT_EQ(try_learn(batch()).error().code, ErrorCode::Conflict);
    policy_.reset();
    engine_.answer_next();
}

TEST_F(LearningPolicyTest, ConsumesButDoesNotLearnWhatDoesNotFitTheModel) {
    Batch rows = batch(0, 5);
    rows[0].prediction.sample.pop_back();
    rows[1].label = 3;
    rows[2].prediction.predicted = 99;
    const float infinite = INFINITY;
    std::memcpy(rows[3].prediction.sample.data(), &infinite, sizeof infinite);
    const Learned learned = learn(rows);
    EXPECT_EQ(learned.report.dropped_rows, 4U);
    EXPECT_EQ(learned.consumed.size(), 5U);
    EXPECT_EQ(learned.report.prequential.labelled, 1U);
    rows.resize(1);
    EXPECT_THAT(learn(rows).report.reason, HasSubstr("none of the samples fits"));
}

TEST_F(LearningPolicyTest, SparesClassesThatAreAbsentHere) {
    Batch rows;
    for (int i = 0; i < 100; ++i)
        rows.push_back(sample(i % 2 ? 1 : 0, i % 2 ? 1 : 0));
    learn(rows);
    const auto& prior = engine_.plans.back().class_log_prior;
    ASSERT_EQ(prior.size(), 3U);
    EXPECT_NEAR(prior[0], std::log(0.5), 0.1);
    EXPECT_LT(prior[2], std::log(0.05));

    config_.prior_strength = 0;
    policy_ = make(config_);
    learn(rows);
    EXPECT_TRUE(engine_.plans.back().class_log_prior.empty());
}

TEST_F(LearningPolicyTest, WeighsExitsByTheTrafficTheyServeButNoneBelowItsFloor) {
    for (int i = 0; i < 5; ++i) {
        Batch rows = batch();
        for (auto& row : rows)
            row.prediction.tier = Tier::Heavy;
        learn(rows);
    }
    EXPECT_THAT(engine_.plans.back().exit_weights,
                ::testing::ElementsAre(0.1F, 0.1F, ::testing::FloatNear(0.8F, 1e-5F)));
}

TEST_F(LearningPolicyTest, PullsTowardsTheGlobalWeightsWhereItIsToldTo) {
    config_.proximal = 0.1F;
    policy_ = make(config_);
    learn(1);
    EXPECT_EQ(engine_.plans.back().proximal, 0) << "towards what?";
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
    const auto pulled = *policy_->parameters();
    learn(2);
    EXPECT_EQ(engine_.plans.back().proximal, 0.1F);
    EXPECT_EQ(engine_.anchors.back(), pulled);
}

TEST_F(LearningPolicyTest, RefusesAConfigurationItCannotWorkWith) {
    config_.elastic_max = 0.5;
    config_.step_new_rows = 0;
    const auto refused = LearningPolicy::create(engine_, config_, spec_, *policy_->parameters());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("elastic_max"), HasSubstr("step_new")));
    EXPECT_FALSE(LearningPolicy::create(engine_, {}, spec_, {1, 2, 3}));
}

}  // namespace
}  // namespace skerry::node
